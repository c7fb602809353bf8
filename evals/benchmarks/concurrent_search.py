"""How many searches a second do several callers get, against the engine's own search called bare?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import lancedb
from lancedb.query import MatchQuery

from app.answering.retrieval import Retriever
from app.document_sets.embedders import only_model
from evals.benchmarks.data import write_corpus
from evals.benchmarks.query_latency import CHARACTERS, PASSAGES, QUESTIONS
from evals.benchmarks.table import Result
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source, workbench
from ingestion.versions.catalogue import Catalogue

CALLERS = (1, 2, 4, 8)
ASKED = 64
TURNS = 5


def run(embedder: Embedder) -> Result:
    """Questions to passages from several threads, and the same by the engine alone, in turns."""
    result = Result("concurrent_search", "Searches a second by callers at once (in turns)")
    with TemporaryDirectory() as name:
        folder = Path(name)
        url = str(folder / "index")
        store = open_store(IndexSettings(url=url))
        corpus = write_corpus(folder / "corpus", CHARACTERS)
        sync_source("bench", str(corpus), workbench(store, embedder))
        opened = Catalogue(store).open("bench")
        retriever = Retriever(only_model(embedder), 100)
        table = lancedb.connect(url).open_table("bench.1")

        def plumbline(question: str) -> None:
            retriever.retrieve(question, opened, PASSAGES)

        def bare(question: str) -> None:
            vector = embedder.embed_query(question)
            query = table.search(query_type="hybrid", vector_column_name="vector")
            words = MatchQuery(question, "indexed_text")  # type: ignore[call-arg]
            query.vector(vector).text(words).limit(PASSAGES).to_arrow()

        for callers in CALLERS:
            ours, theirs = _rates((plumbline, bare), callers)
            result.add(
                f"{callers} callers, as a share of embed + the engine's own hybrid search",
                ours / theirs,
                "x",
                note=f"{ours:.0f} a second against {theirs:.0f}",
            )
        store.close()
    return result


def _rates(ways: Sequence[Callable[[str], None]], callers: int) -> list[float]:
    """Searches a second of each way, the median of the turns."""
    rates: list[list[float]] = [[] for _ in ways]
    with ThreadPoolExecutor(callers) as pool:
        for turn in range(TURNS + 1):
            for way, found in zip(ways, rates, strict=True):
                asked = [
                    f"{QUESTIONS[number % len(QUESTIONS)]} {turn} {number}"
                    for number in range(ASKED)
                ]
                began = time.perf_counter()
                list(pool.map(way, asked))
                if turn:  # the first turn warms up
                    found.append(ASKED / (time.perf_counter() - began))
    return [median(found) for found in rates]
