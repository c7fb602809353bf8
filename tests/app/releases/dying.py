"""Run a move in a process that kills itself at a given part."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

from tests.app.releases.conftest import Site, nothing_to_check

# Loads the libraries once; each child is forked from it.
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload([__name__, "lancedb", "ingestion.index.lance"])


def run_and_die(folder: Path, move: str, release_id: str, at: int) -> bool:
    """Begin a move and SIGKILL the process when the part number `at` is reached.

    Returns:
        Whether it was killed; False where the move ended before.
    """
    child = _SERVER.Process(target=_move, args=(folder, move, release_id, at))
    child.start()
    child.join(60)
    assert child.exitcode in (0, -signal.SIGKILL), child.exitcode
    return child.exitcode != 0


def _move(folder: Path, move: str, release_id: str, at: int) -> None:
    reached = 0

    def die(name: str, took_ms: float) -> None:
        nonlocal reached
        if reached == at:
            os.kill(os.getpid(), signal.SIGKILL)
        reached += 1

    rollout = Site(folder).rollout(die)
    if move == "rollback":
        rollout.rollback()
    elif move == "canary":
        rollout.canary(Site(folder).history().get(release_id), 5, nothing_to_check)
    else:
        rollout.promote(Site(folder).history().get(release_id), nothing_to_check)
