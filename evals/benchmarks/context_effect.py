"""What does it bring to index title and headings in front of each chunk?"""

from __future__ import annotations

from tempfile import TemporaryDirectory

from evals.benchmarks.data import questions
from evals.benchmarks.retrieval_quality import METRICS, evaluate, index
from evals.benchmarks.table import Result
from ingestion.embedding import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import ChunkingSettings, IndexSettings


def run(embedder: Embedder) -> Result:
    """Each set with the context and without it, on LanceDB."""
    result = Result("context_effect", "Title and headings in front of what is indexed")
    for name, (metric, score, _) in METRICS.items():
        asked = questions(name)
        vectors = embedder.embed_queries([question.text for question in asked])
        figures = {}
        for context in (True, False):
            with TemporaryDirectory() as folder:
                store = open_store(IndexSettings(url=folder))
                opened = index(store, name, embedder, ChunkingSettings(context=context))
                figures[context] = evaluate(opened, asked, vectors, score)
                store.close()
        for way in ("dense", "lexical", "fused"):
            note = f"{figures[True][way]:.3f} with, {figures[False][way]:.3f} without"
            gain = figures[True][way] - figures[False][way]
            result.add(f"{name}: {way}", gain, f"gain in {metric}", note=note)
    return result
