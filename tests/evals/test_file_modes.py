"""Evaluations keep questions, answers and passages: for their owner alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.running.result_cache import ResultCache
from evals.running.run_store import RunStore
from evals.settings import TrackingSettings
from evals.tracking.mlflow import MlflowTracker
from evals.tracking.run_entry import run_entry
from evals.tracking.tracker import Tracker
from evals.tracking.wandb import WandbTracker
from tests.evals.tracking.runs import full_run


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """A umask that opens everything to everyone."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_runs_and_kept_results(tmp_path: Path) -> None:
    folder = tmp_path / "evals"
    file = RunStore(folder).save(full_run())
    kept = ResultCache(folder)
    kept.put("answer", "key", "secret")
    figures = folder / "figures" / file.name
    assert [mode(one) for one in (folder, file.parent, figures.parent)] == [0o700] * 3
    assert {mode(one) for one in (file, figures, *folder.glob("kept.sqlite*"))} == {0o600}
    kept.close()


@pytest.mark.parametrize("make", [MlflowTracker, WandbTracker])
def test_a_tracker_that_makes_the_folder_makes_it_for_its_owner(
    make: type[MlflowTracker] | type[WandbTracker], tmp_path: Path
) -> None:
    folder = tmp_path / "above" / "evals"
    tracker: Tracker = make(TrackingSettings(), folder)
    tracker.log(run_entry(full_run(), texts=True))
    # What the trackers' own libraries make below it is shut off with it.
    assert [mode(one) for one in (folder, folder.parent)] == [0o700, 0o700]
