"""What does Plumbline add to embedding a question and searching the engine bare?"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import lancedb
from lancedb.query import LanceVectorQueryBuilder, MatchQuery

from app.answering.retrieval import Retriever
from app.document_sets.embedders import only_model
from evals.benchmarks.data import write_corpus
from evals.benchmarks.table import Result
from evals.benchmarks.turns import by_turns, ratio
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source, workbench
from ingestion.versions.catalogue import Catalogue

CHARACTERS = 1_000_000
QUICK_CHARACTERS = 400_000
ROUNDS = 200
WARM = 10
PASSAGES = 10
QUESTIONS = (
    "How is the virus transmitted between people?",
    "What pressure should the valve hold in winter?",
    "Which vaccine was tested first?",
    "What is the incubation period?",
    "Who reported the outbreak in the harbour?",
)


def run(embedder: Embedder, quick: bool = False) -> Result:
    """Question to passages against the same engine's bare searches, taken in turns."""
    result = Result("query_latency", "Question to passages, uncached (p50, in turns)")
    with TemporaryDirectory() as name:
        folder = Path(name)
        url = str(folder / "index")
        store = open_store(IndexSettings(url=url))
        corpus = write_corpus(folder / "corpus", QUICK_CHARACTERS if quick else CHARACTERS)
        sync_source("bench", str(corpus), workbench(store, embedder))
        opened = Catalogue(store).open("bench")
        retriever = Retriever(only_model(embedder), 100)
        table = lancedb.connect(url).open_table("bench.1")

        def plumbline(question: str) -> None:
            retriever.retrieve(question, opened, PASSAGES)

        def bare_vector(question: str) -> None:
            vector = embedder.embed_query(question)
            query = table.search(vector, vector_column_name="vector")
            assert isinstance(query, LanceVectorQueryBuilder)
            query.distance_type("cosine").limit(PASSAGES).to_arrow()

        def bare_hybrid(question: str) -> None:
            vector = embedder.embed_query(question)
            query = table.search(query_type="hybrid", vector_column_name="vector")
            words = MatchQuery(question, "indexed_text")  # type: ignore[call-arg]
            query.vector(vector).text(words).limit(PASSAGES).to_arrow()

        took = _ask([plumbline, bare_vector, bare_hybrid])
        chunks = opened.info.chunks
        store.close()
    ours, vector, hybrid = (median(times) * 1000 for times in took)
    over_hybrid, over_vector = (ratio(took[0], theirs) for theirs in (took[2], took[1]))
    result.add(
        "Plumbline: embed, dense and lexical, fuse, fetch", ours, "ms p50", note=f"{chunks} chunks"
    )
    result.add("embed + the engine's vector search alone", vector, "ms p50")
    result.add("embed + the engine's own hybrid search", hybrid, "ms p50")
    result.add(
        "of embed + the engine's own hybrid search",
        over_hybrid.value,
        "x",
        at_most=1.1,
        spread=over_hybrid.spread,
        note=f"{ours:.1f} ms against {hybrid:.1f} ms, {ROUNDS} turns",
    )
    result.add(
        "of embed + vector search alone",
        over_vector.value,
        "x",
        spread=over_vector.spread,
        note="half of the work",
    )
    return result


def _ask(ways: list[Callable[[str], None]]) -> list[list[float]]:
    """Seconds of each way, the same new question to all of them in a turn."""
    asked = [0] * len(ways)

    def timed(place: int) -> float:
        number = asked[place]
        asked[place] += 1
        question = f"{QUESTIONS[number % len(QUESTIONS)]} {number}"
        began = time.perf_counter()
        ways[place](question)
        return time.perf_counter() - began

    took = by_turns([partial(timed, place) for place in range(len(ways))], ROUNDS + WARM)
    return [times[WARM:] for times in took]
