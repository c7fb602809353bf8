"""What does Plumbline add to embedding a question and searching the engine bare?"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import lancedb
from lancedb.query import LanceVectorQueryBuilder, MatchQuery

from app.answering.retrieval import Retriever
from app.document_sets.embedders import only_model
from evals.benchmarks.data import write_corpus
from evals.benchmarks.table import Result
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source, workbench
from ingestion.versions.catalogue import Catalogue

CHARACTERS = 1_000_000
ROUNDS = 200
PASSAGES = 10
QUESTIONS = (
    "How is the virus transmitted between people?",
    "What pressure should the valve hold in winter?",
    "Which vaccine was tested first?",
    "What is the incubation period?",
    "Who reported the outbreak in the harbour?",
)


def run(embedder: Embedder) -> Result:
    """Question to passages against the same engine's bare searches, taken in turns."""
    result = Result("query_latency", "Question to passages, uncached (p50, in turns)")
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

        took = _in_turns([plumbline, bare_vector, bare_hybrid])
        chunks = opened.info.chunks
        store.close()
    ours, vector, hybrid = (median(times) * 1000 for times in took)
    result.add(
        "Plumbline: embed, dense and lexical, fuse, fetch", ours, "ms p50", note=f"{chunks} chunks"
    )
    result.add("embed + the engine's vector search alone", vector, "ms p50")
    result.add("embed + the engine's own hybrid search", hybrid, "ms p50")
    result.add("of embed + the engine's own hybrid search", ours / hybrid, "x", at_most=1.3)
    result.add("of embed + vector search alone", ours / vector, "x", note="half of the work")
    return result


def _in_turns(ways: list[Callable[[str], None]]) -> list[list[float]]:
    took: list[list[float]] = [[] for _ in ways]
    for number in range(ROUNDS + 10):
        question = f"{QUESTIONS[number % len(QUESTIONS)]} {number}"
        for way, times in zip(ways, took, strict=True):
            began = time.perf_counter()
            way(question)
            if number >= 10:  # the first rounds warm up
                times.append(time.perf_counter() - began)
    return took
