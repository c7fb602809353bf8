"""Figures of jobs for metrics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.jobs.figures import job_figures
from app.jobs.job import State, SyncJob, SyncRequest, batch_job, sync_job


def job(name: str, state: State, minutes_ago: int) -> SyncJob:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    times = {"created": at, "started": None if state == "queued" else at}
    if state not in ("queued", "running"):
        times["ended"] = at
    made = sync_job(name, SyncRequest(), "somebody")
    return made.model_copy(update={"state": state, **times})


def test_jobs_are_counted_by_state_and_the_oldest_is_timed() -> None:
    found = job_figures(
        [
            job("a", "queued", 3),
            job("b", "queued", 20),
            job("c", "running", 7),
            job("d", "succeeded", 600),
            batch_job("x", "somebody"),
        ]
    )
    assert found.count == {
        "queued": 3, "running": 1, "succeeded": 1, "not_published": 0, "failed": 0, "cancelled": 0,
    }  # fmt: skip
    assert found.oldest_s["queued"] == pytest.approx(20 * 60, abs=60)
    assert found.oldest_s["running"] == pytest.approx(7 * 60, abs=60)
    assert job_figures([]).oldest_s == {"queued": 0.0, "running": 0.0}


def test_a_set_is_judged_by_its_newest_sync_that_ended() -> None:
    found = job_figures(
        [
            job("mended", "succeeded", 1),
            job("mended", "failed", 2),
            job("broken", "failed", 1),
            job("broken", "succeeded", 2),
            job("kept", "not_published", 1),
            job("stopped", "cancelled", 1),
            job("stopped", "failed", 2),
            job("waits", "queued", 1),
        ]
    )
    assert found.failed == {"mended": False, "broken": True, "kept": True, "stopped": True}
