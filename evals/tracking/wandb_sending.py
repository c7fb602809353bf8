"""Send a recorded run to W&B, within a bound."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from evals.errors import TrackerError

_URL = re.compile(r"https?://\S+/runs/\S+")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def is_sent(folder: Path) -> bool:
    """Whether all of it has been sent; W&B's own mark."""
    return any(folder.glob("*.wandb.synced"))


def send(folder: Path, wait_s: float) -> str | None:
    """Have `wandb sync` send a run's folder; where it can be looked at, if that is told.

    A process of its own: it can be stopped when its time is up, and W&B retries for hours.

    Args:
        folder: `offline-run-…`.
        wait_s: how long it may take.

    Raises:
        TrackerError: it has not been sent.
    """
    told = {"WANDB_MODE": "online", "NO_COLOR": "1"}
    process = subprocess.Popen(  # noqa: S603 (a command of our own)
        [sys.executable, "-m", "wandb", "sync", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **told},
        cwd=folder,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=wait_s)
    except subprocess.TimeoutExpired:
        _stop(process)
        raise TrackerError(
            f"W&B did not take {folder.name} within {wait_s:g} s (tracking.wait_s): is it "
            "reachable?"
        ) from None
    except BaseException:
        _stop(process)
        raise
    said = _COLOUR.sub("", said)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if not is_sent(folder):
        reason = lines[-1].removeprefix("wandb: ") if lines else f"exit code {process.returncode}"
        raise TrackerError(f"W&B did not take {folder.name}: {reason[:300]}")
    found = _URL.search(said)
    return found.group() if found else None


def _stop(process: subprocess.Popen[str]) -> None:
    """It and what it started."""
    for strength in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, strength)
            process.communicate(timeout=5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
        return
