"""Put telemetry around a service: middleware, spans of requests, and callbacks for turns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio import CapacityLimiter
from fastapi import FastAPI
from starlette.datastructures import State

from app.callers import Caller
from app.jobs.figures import JobFigures, job_figures
from app.jobs.queue import JobQueue
from app.lineage.answer_store import AnswerLog
from app.security.guard import Guard
from app.settings.tree import Settings
from app.telemetry.at_scrape import InUse, LiveSet, Lookups
from app.telemetry.logs import AnswerLogLine
from app.telemetry.metrics import Metrics
from app.telemetry.request_times import RequestTimes
from app.telemetry.tracing import Tracing
from app.turns.turn import FailedTurn, Turn, TurnRequest
from app.wiring import Parts
from ingestion.versions.last_sync import last_sync

# The address of the callback holds a code with which somebody signs in.
NOT_TRACED = "healthz,readyz,metrics,sign-in/callback"


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What tells of a service at work."""

    metrics: Metrics
    tracing: Tracing
    log_line: AnswerLogLine

    def on_turn(self, turn: Turn, request: TurnRequest, caller: Caller) -> None:
        """Tell of a turn that has ended."""
        self.metrics.on_turn(turn, request, caller)
        if self.tracing.is_sent:
            self.tracing.on_turn(turn, request, caller)
        self.log_line.on_turn(turn, request, caller)

    def on_failure(self, failed: FailedTurn, request: TurnRequest, caller: Caller) -> None:
        """Tell of a turn that failed."""
        self.metrics.on_failure(failed, request, caller)


def install(app: FastAPI, settings: Settings) -> Telemetry:
    """Put telemetry around a service that has not been started yet.

    Raises:
        SettingsError: traces cannot be sent where the settings say.
    """
    found = settings.telemetry
    pins = settings.release
    tracing = Tracing(found, release=None if pins is None else pins.id, prices=settings.prices)
    metrics = Metrics(prices=settings.prices, pins=pins)
    if found.metrics:
        app.add_middleware(RequestTimes, metrics=metrics)
    if tracing.is_sent:
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

        FastAPIInstrumentor.instrument_app(
            app, tracer_provider=tracing.provider, excluded_urls=NOT_TRACED
        )
    return Telemetry(metrics, tracing, AnswerLogLine(found))


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
