"""Where metrics look up the state of a running service."""

from __future__ import annotations

from functools import partial
from typing import Any

from anyio import CapacityLimiter
from starlette.datastructures import State

from app.jobs.figures import job_figures
from app.jobs.queue import JobQueue
from app.lineage.answer_store import AnswerLog
from app.security.guard import Guard
from app.telemetry.at_scrape import InUse, JobFigures, LiveSet, Lookups
from app.wiring import Parts
from ingestion.versions.last_sync import last_sync


def lookups(state: State) -> Lookups:
    """Where the state of a service is looked up whose parts stand.

    Args:
        state: the parts, by name.
    """
    parts: Parts = state.parts
    guard: Guard = state.guard
    answer_log: AnswerLog = state.answer_log
    threads: CapacityLimiter = state.threads
    queues: dict[str, JobQueue[Any]] = {"sync": state.jobs, "batch": state.batch_jobs}
    slots = guard.slots
    return Lookups(
        sets=lambda: _live_sets(parts),
        jobs={kind: partial(_figures, queue) for kind, queue in queues.items()},
        dependencies=state.readiness.checks(),
        breakers=parts.answers.models.states,
        cache=lambda: parts.cache.stats() if parts.cache is not None else None,
        processor=guard.processor.use,
        answers=lambda: InUse(slots.in_use, slots.most),
        threads=lambda: InUse(threads.borrowed_tokens, threads.total_tokens),
        waiting=lambda: answer_log.waiting,
        not_stored=lambda: answer_log.dropped,
    )


def _live_sets(parts: Parts) -> list[LiveSet]:
    records = parts.catalogue.store.records
    return [LiveSet(parts.sets.info(name), last_sync(records, name)) for name in parts.sets.names()]


def _figures(queue: JobQueue[Any]) -> JobFigures:
    return job_figures(queue.list())
