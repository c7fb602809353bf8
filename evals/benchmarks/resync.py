"""What does syncing again cost, as a share of the first build?"""

from __future__ import annotations

import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.benchmarks.data import WORDS
from evals.benchmarks.table import Result
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.report import SyncReport
from ingestion.sync.start import Bench, sync_source, workbench

DOCUMENTS = 2_000
CHANGED = DOCUMENTS // 100
REPEATS = 3
BACKENDS = {"LanceDB": "{folder}/lance", "Qdrant, local mode": "qdrant+memory:"}


def run(embedder: Embedder, quick: bool = False) -> Result:
    """2,000 documents of about 60 words, on each backend; if quick, on LanceDB."""
    result = Result("resync", f"Sync again, {DOCUMENTS} documents, as a share of the first build")
    for backend, url in BACKENDS.items():
        if quick and backend != "LanceDB":
            continue
        with TemporaryDirectory() as name:
            folder = Path(name) / "documents"
            folder.mkdir()
            chance = random.Random(3)
            for number in range(DOCUMENTS):
                _write(folder, number, chance)
            bench = workbench(open_store(IndexSettings(url=url.format(folder=name))), embedder)
            built, first = _timed(folder, bench)
            note = f"first build {first:.1f} s, {built.embedded} chunks"
            nothing = min(_timed(folder, bench)[1] for _ in range(REPEATS))
            result.add(f"{backend}: nothing changed", nothing / first, "x", at_most=0.03, note=note)
            shares = []
            for _ in range(REPEATS):
                for number in chance.sample(range(DOCUMENTS), CHANGED):
                    _write(folder, number, chance)
                report, took = _timed(folder, bench)
                shares.append(took / first)
            note = f"{report.updated} documents, {report.embedded} chunks embedded"
            result.add(f"{backend}: 1% changed", min(shares), "x", at_most=0.05, note=note)
            bench.store.close()
    return result


def _timed(folder: Path, bench: Bench) -> tuple[SyncReport, float]:
    began = time.perf_counter()
    report = sync_source("bench", str(folder), bench)
    return report, time.perf_counter() - began


def _write(folder: Path, number: int, chance: random.Random) -> None:
    words = " ".join(chance.choices(WORDS, k=60))
    text = f"# Document {number}\n\n{words}.\n"
    (folder / f"{number:05d}.md").write_text(text, encoding="utf-8")
