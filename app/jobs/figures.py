"""Figures of the jobs that are remembered, for metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import get_args

from app.jobs.job import Job, State, SyncJob
from app.telemetry.at_scrape import JobFigures

STATES: tuple[State, ...] = get_args(State)


def job_figures(jobs: Iterable[Job]) -> JobFigures:
    """The figures of jobs, in any order."""
    now = datetime.now(UTC)
    count: Counter[str] = Counter()
    oldest_s = {"queued": 0.0, "running": 0.0}
    ends: dict[str, tuple[datetime, State]] = {}
    for job in jobs:
        count[job.state] += 1
        if job.state in oldest_s:
            since = job.created if job.state == "queued" else job.started or job.created
            oldest_s[job.state] = max(oldest_s[job.state], (now - since).total_seconds())
        elif isinstance(job, SyncJob) and job.ended is not None and job.state != "cancelled":
            ends[job.subject] = max(
                ends.get(job.subject, (job.ended, job.state)), (job.ended, job.state)
            )
    failed = {name: state in ("failed", "not_published") for name, (_, state) in ends.items()}
    return JobFigures({state: count[state] for state in STATES}, oldest_s, failed)
