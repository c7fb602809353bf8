"""`plumb` in a process of its own, forked off a server that has imported what takes seconds.

A test that is about the start of a process, or kills it, uses `subprocess`.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

# lancedb is not among them: it starts a thread at import, which a fork loses.
PRELOADED = [
    "lance_namespace",
    "pandas",
    "pyarrow.dataset",
    "onnxruntime",
    "app.parts",
    "ingestion.sync.start",
    "tests.forked_plumb",
]


def run_plumb(
    arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout: float = 180
) -> subprocess.CompletedProcess[str]:
    """Run `python -m plumb` with these arguments; see `subprocess.run`."""
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(PRELOADED)
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = forking.Process(
            target=_run, args=(list(arguments), cwd, dict(environment), out, err)
        )
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(list(arguments), timeout)
        return subprocess.CompletedProcess(
            list(arguments), process.exitcode, out.read_text("utf-8"), err.read_text("utf-8")
        )


def _run(
    arguments: list[str], cwd: Path, environment: dict[str, str], out: Path, err: Path
) -> None:
    for number, name, path in ((1, "stdout", out), (2, "stderr", err)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
        setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", closefd=False))
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.argv = ["plumb", *arguments]
    try:
        runpy.run_module("plumb", run_name="__main__", alter_sys=True)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
