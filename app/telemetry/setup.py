"""Put telemetry around a service: middleware, spans of requests, and callbacks for turns."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI

from app.callers import Caller
from app.settings.tree import Settings
from app.telemetry.logs import AnswerLogLine
from app.telemetry.metrics import Metrics
from app.telemetry.request_times import RequestTimes
from app.telemetry.tracing import Tracing
from app.turns.turn import FailedTurn, Turn, TurnRequest

# The address of the callback holds a code with which somebody signs in.
NOT_TRACED = "healthz,readyz,metrics,sign-in/callback"


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Logs, traces and metrics of a service."""

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
