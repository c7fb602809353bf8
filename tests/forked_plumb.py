"""`plumb` as a user runs it; quick where the test uses the fixture `warm_processes`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def run_plumb(
    arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout: float = 180
) -> subprocess.CompletedProcess[str]:
    """Run `python -m plumb` with these arguments; see `subprocess.run`."""
    return subprocess.run(
        [sys.executable, "-m", "plumb", *arguments],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process whose standard output is a pipe, and wait until nothing of it is left.

    A fork ends a moment after the program that asked for it, and may write meanwhile. Both hold the pipe.
    """
    process.kill()
    process.communicate(timeout=60)
