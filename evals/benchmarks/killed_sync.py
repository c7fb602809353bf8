"""A sync, with the small model, in a process of its own that may kill itself at a given moment.

Arguments: index folder, documents folder, seconds until SIGKILL (or `never`). Prints how long the
sync took.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from evals.benchmarks.small_model import small_bench
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sources.definitions import ad_hoc
from ingestion.sync.options import SyncOptions
from ingestion.sync.start import prepare, run

NEVER = "never"
ROOT = Path(__file__).resolve().parents[2]


def sync_and_die(index: Path, folder: Path, after: str) -> subprocess.CompletedProcess[str]:
    """Sync the set `things` from a folder in another process, killed after so many seconds."""
    command = [sys.executable, "-m", "evals.benchmarks.killed_sync", str(index), str(folder), after]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def main(index: str, folder: str, after: str) -> None:
    """Sync; die after so many seconds, counted from when the sync begins."""
    bench = small_bench(open_store(IndexSettings(url=index)))
    prepared = prepare(ad_hoc("things", folder), bench, base=Path(folder))
    if after != NEVER:
        threading.Thread(target=_kill, args=(float(after),), daemon=True).start()
    began = time.perf_counter()
    run(prepared, SyncOptions(by="killed@here", force=True))
    sys.stdout.write(f"{time.perf_counter() - began}\n")


def _kill(after_s: float) -> None:
    time.sleep(after_s)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
