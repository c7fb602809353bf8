"""`plumb ingest` that is stopped: Ctrl-C, and SIGTERM of a supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.versions.catalogue import Catalogue
from ingestion.versions.lease import holder
from tests.forked_plumb import run_plumb

ROOT = Path(__file__).resolve().parents[3]
MANY = 150
# What a signal does is seen on a process that nobody forked.
PYTHON = sys.executable


@pytest.mark.usefixtures("warm_processes")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_leaves_the_set_free_and_the_next_run_goes_on(
    tmp_path: Path, number: int, code: int
) -> None:
    folder, index = tmp_path / "documents", tmp_path / "index"
    folder.mkdir()
    for n in range(MANY):
        (folder / f"{n}.md").write_text(f"# Part {n}\n\nPart {n} is kept on shelf {n * 7}.\n")
    environment = {
        **os.environ,
        "PYTHONPATH": os.fspath(ROOT),
        "PLUMB_INDEX_URL": os.fspath(index),
        "PLUMB_LOADING_WORKERS": "0",
    }
    arguments = ["ingest", os.fspath(folder), "--set", "parts", "--json"]
    running = subprocess.Popen(
        [PYTHON, "-m", "plumb", *arguments],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Whoever runs the tests in the background ignores it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    # Its lease says when it is at work.
    store = open_store(IndexSettings(url=os.fspath(index)))
    until = time.monotonic() + 240
    while (held := holder(store.records, "parts")) is None:
        assert time.monotonic() < until
        with pytest.raises(subprocess.TimeoutExpired):  # to look all the time would slow it down
            running.wait(0.05)
    assert held.process.pid == running.pid
    running.send_signal(number)
    _, said = running.communicate(timeout=120)
    assert running.returncode == code, said
    assert b"Traceback" not in said
    assert holder(store.records, "parts") is None
    assert Catalogue(store).names() == []
    store.close()
    again = run_plumb(arguments, tmp_path, environment)
    assert again.returncode == 0, again.stderr
    assert f'"documents_in_set": {MANY}' in again.stdout
