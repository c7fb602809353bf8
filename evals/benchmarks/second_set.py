"""What does a second set of the same documents take, as a share of the first?"""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from evals.benchmarks.data import write_corpus
from evals.benchmarks.table import Result
from evals.benchmarks.turns import ratio
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.report import SyncReport
from ingestion.sync.start import Bench, sync_source, workbench

CHARACTERS = 1_250_000
TURNS = 3


def run(embedder: Embedder) -> Result:
    """The same files as one set, then as another, in one index; new files each turn."""
    result = Result("second_set", "A second set of the same documents (by turns)")
    firsts, seconds = [], []
    with TemporaryDirectory() as name:
        folder = Path(name)
        bench = workbench(open_store(IndexSettings(url=str(folder / "index"))), embedder)
        for turn in range(TURNS):
            corpus = write_corpus(folder / f"corpus-{turn}", CHARACTERS, f"turn-{turn}")
            first, took = _timed(f"first-{turn}", corpus, bench)
            firsts.append(took)
            second, took = _timed(f"second-{turn}", corpus, bench)
            seconds.append(took)
        bench.store.close()
    share = ratio(seconds, firsts)
    result.add(
        "a second set of the same documents, as a share of the first",
        share.value,
        "x",
        at_most=0.10,
        spread=share.spread,
        note=f"{median(seconds):.1f} s against {median(firsts):.1f} s; {first.chunks_in_set} chunks, "
        f"of which the second embedded {second.embedded}; {TURNS} turns",
    )
    return result


def _timed(name: str, corpus: Path, bench: Bench) -> tuple[SyncReport, float]:
    began = time.perf_counter()
    report = sync_source(name, str(corpus), bench)
    return report, time.perf_counter() - began
