"""What does an engine cost beside embedding, on this machine and through a local Ray?

The rates that docs/SCALE.md reckons with. Load and cut are timed alone too: on a cluster they run
beside the embedding and must not be what it waits for.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.benchmarks.data import write_corpus
from evals.benchmarks.small_model import small_bench
from evals.benchmarks.table import Result
from ingestion.chunking.chunker import Chunker
from ingestion.embedding.embedder import Embedder, load_embedder
from ingestion.index.stores import open_store
from ingestion.loaders import find_files, load
from ingestion.loaders.records import LoadProblem
from ingestion.settings import ChunkingSettings, IndexSettings, SyncSettings
from ingestion.sources.definitions import ad_hoc
from ingestion.sync.options import SyncOptions
from ingestion.sync.report import SyncReport
from ingestion.sync.start import Bench, EngineName, prepare, workbench
from ingestion.sync.start import run as run_sync

CHARACTERS = 2_350_000  # about 2,100 chunks of the default size
# Starts Ray and its actors, so that the timed run finds them warm as a long one does.
WARM_CHARACTERS = 60_000
LARGE_CHARACTERS = 20_000_000
ENGINES: tuple[EngineName, ...] = ("local", "ray")


def run(embedder: Embedder) -> Result:
    """The same corpus through both engines into LanceDB, and load and cut alone."""
    result = Result("engines", "Load, chunk, embed and write, by engine")
    with TemporaryDirectory() as name:
        folder = Path(name)
        corpus = write_corpus(folder / "corpus", CHARACTERS)
        warm = write_corpus(folder / "warm", WARM_CHARACTERS)
        chunks, took = _cut(corpus, embedder)
        result.add(
            "load and cut alone, one process", chunks / took, "chunks/s", note=f"{took:.1f} s"
        )
        table = workbench(open_store(IndexSettings(url=str(folder / "index"))), embedder)
        # Ray's actors load the model themselves. No engine gets vectors that another has computed.
        table = replace(table, load_elsewhere=load_embedder, sync=SyncSettings(kept_vectors_mb=0))
        rates = {}
        for engine in ENGINES:
            _timed(f"warm-{engine}", warm, table, engine)
            report, took = _timed(engine, corpus, table, engine)
            rates[engine] = report.embedded / took
            result.add(f"engine {engine}", rates[engine], "chunks/s", note=f"{took:.1f} s")
        result.add("ray, as a share of local", rates["ray"] / rates["local"], "x")
        table.store.close()
        _without_embedding(folder, result)
    return result


def _without_embedding(folder: Path, result: Result) -> None:
    """How much one sync can write, however many embed for it."""
    corpus = write_corpus(folder / "large", LARGE_CHARACTERS)
    table = small_bench(open_store(IndexSettings(url=str(folder / "small"))), max_tokens=256)
    for engine in ENGINES:
        report, took = _timed(f"small-{engine}", corpus, table, engine)
        result.add(
            f"engine {engine}, with a model that costs next to nothing",
            report.embedded / took,
            "chunks/s",
            note=f"{report.embedded} chunks, {took:.1f} s",
        )
    table.store.close()


def _cut(corpus: Path, embedder: Embedder) -> tuple[int, float]:
    chunker = Chunker(ChunkingSettings(), embedder)
    began = time.perf_counter()
    chunks = sum(
        len(chunker.chunk(item))
        for file in find_files(corpus)
        for item in load(file.path, file.document_id)
        if not isinstance(item, LoadProblem)
    )
    return chunks, time.perf_counter() - began


def _timed(name: str, corpus: Path, table: Bench, engine: EngineName) -> tuple[SyncReport, float]:
    began = time.perf_counter()
    prepared = prepare(ad_hoc(name, str(corpus)), table, base=Path.cwd(), engine=engine)
    report = run_sync(prepared, SyncOptions())
    return report, time.perf_counter() - began
