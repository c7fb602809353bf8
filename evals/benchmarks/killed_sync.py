"""A sync, with the small model, in a process of its own that may kill itself at a given moment."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from evals.benchmarks.small_model import small_bench
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sources.definitions import ad_hoc
from ingestion.sync.options import SyncOptions
from ingestion.sync.start import prepare, run

# What lancedb takes most of its import for. lancedb itself starts a thread at import, which a fork loses.
PRELOADED = ["lance_namespace", "pandas", "pyarrow.dataset", __name__]


@dataclass(frozen=True, slots=True)
class Ended:
    """How the process ended.

    Attributes:
        code: 0, or -9 where it was killed.
        took_s: how long the sync took; None where it did not end.
    """

    code: int | None
    took_s: float | None


def sync_and_die(index: Path, folder: Path, after_s: float | None) -> Ended:
    """Sync the set `things` from a folder in another process.

    Args:
        index: folder of the index.
        folder: of the documents.
        after_s: seconds from the beginning of the sync to SIGKILL; None: never.
    """
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(PRELOADED)
    ours, theirs = forking.Pipe(duplex=False)
    process = forking.Process(target=_sync, args=(index, folder, after_s, theirs))
    process.start()
    theirs.close()
    process.join()
    try:
        took_s: float | None = ours.recv()
    except EOFError:
        took_s = None
    return Ended(process.exitcode, took_s)


def _sync(index: Path, folder: Path, after_s: float | None, report: Connection) -> None:
    bench = small_bench(open_store(IndexSettings(url=str(index))))
    prepared = prepare(ad_hoc("things", str(folder)), bench, base=folder)
    if after_s is not None:
        threading.Thread(target=_kill, args=(after_s,), daemon=True).start()
    began = time.perf_counter()
    run(prepared, SyncOptions(by="killed@here", force=True))
    report.send(time.perf_counter() - began)


def _kill(after_s: float) -> None:
    time.sleep(after_s)
    os.kill(os.getpid(), signal.SIGKILL)
