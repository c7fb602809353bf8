"""Traces by OpenTelemetry: where they are sent, and the spans of a turn."""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from app.answering.answer import cost
from app.callers import Caller
from app.settings.answering import PricesSettings
from app.settings.telemetry import TelemetrySettings
from app.turns.turn import Turn, TurnRequest
from prompts.errors import SettingsError

RELEASE = "plumbline.release"
# Stages of `timings_ms`, in the order in which they happen.
RETRIEVAL = ("embed", "search", "rerank")


class _ReleaseOnEverySpan(SpanProcessor):
    """Azure Monitor drops most of a resource, so each span names the release: failed requests, too."""

    def __init__(self, release: str) -> None:
        self._release = release

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        span.set_attribute(RELEASE, self._release)


class Tracing:
    """The tracer provider of one service; without a place to send to, its spans go nowhere.

    Args:
        settings: where spans go.
        exporter: where they go as well.
        release: the release that the process serves; named by every span and its resource.
        prices: of models, for the cost of an answer.
    """

    def __init__(
        self,
        settings: TelemetrySettings,
        exporter: SpanExporter | None = None,
        release: str | None = None,
        prices: PricesSettings | None = None,
    ) -> None:
        attributes = {
            "service.name": settings.service_name,
            "service.version": version("plumbline"),
        }
        if release is not None:
            attributes[RELEASE] = release
        self.provider = TracerProvider(resource=Resource.create(attributes))
        self._log_questions = settings.log_questions
        self._prices = prices
        self._tracer = self.provider.get_tracer("plumbline")
        if release is not None:
            self.provider.add_span_processor(_ReleaseOnEverySpan(release))
        exporters = [found for found in (exporter, _otlp(settings), _azure(settings)) if found]
        for found in exporters:
            self.provider.add_span_processor(BatchSpanProcessor(found))
        self.is_sent = bool(exporters)

    def on_turn(self, turn: Turn, request: TurnRequest, caller: Caller) -> None:
        """The spans of a turn that has just ended, below the span of its request.

        Named and described by OpenTelemetry's conventions for generative AI, where there are any.
        """
        now = time.time_ns()
        timings = turn.timings_ms
        began = now - _ns(timings["total"])
        attributes: dict[str, Any] = {
            "plumbline.answer.id": turn.id,
            "plumbline.manifest.id": turn.manifest.id,
            "plumbline.document_set": turn.manifest.document_set,
            "plumbline.index.version": turn.index_version,
            "plumbline.prompt.version": turn.prompt_version,
            "plumbline.cache": turn.cache,
            "plumbline.refused": turn.refused,
            "plumbline.degraded": turn.degraded,
            "plumbline.citations": len(turn.citations),
            "plumbline.unsupported": bool(
                turn.citation_check.markers_removed or turn.citation_check.quotes_unverified
            ),
        }
        paid = cost(turn.usage, self._prices)
        if paid is not None and turn.cache in ("miss", "off"):
            attributes["plumbline.cost"] = paid
        if self._log_questions:
            attributes["plumbline.question"] = turn.question
        current = trace.get_current_span()
        if current.is_recording():
            current.set_attributes(attributes)
        span = self._tracer.start_span("answer", start_time=began, attributes=attributes)
        if turn.cache in ("miss", "off"):
            self._stages(turn, began, trace.set_span_in_context(span))
        span.end(now)

    def close(self) -> None:
        """Send what is left."""
        self.provider.shutdown()

    def _stages(self, turn: Turn, began: int, context: Any) -> None:
        timings = turn.timings_ms
        at = began
        took = sum(_ns(timings[stage]) for stage in RETRIEVAL if stage in timings)
        retrieval = self._tracer.start_span(
            f"retrieval {turn.manifest.document_set}",
            context,
            start_time=at,
            attributes={
                "gen_ai.operation.name": "retrieval",
                "gen_ai.data_source.id": turn.manifest.document_set,
                "plumbline.passages": len(turn.passages),
            },
        )
        inner = trace.set_span_in_context(retrieval)
        for stage in RETRIEVAL:
            if stage in timings:
                span = self._tracer.start_span(stage, inner, start_time=at)
                at += _ns(timings[stage])
                span.end(at)
        retrieval.end(began + took)
        if "generate" in timings:
            self._model(turn, began + took, context)

    def _model(self, turn: Turn, began: int, context: Any) -> None:
        provider, _, model = turn.model.rpartition(":")
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider or "plumbline",
            "gen_ai.request.model": model,
            "gen_ai.prompt.name": turn.prompt_version,
        }
        if turn.usage is not None:
            attributes["gen_ai.usage.input_tokens"] = turn.usage.input_tokens
            attributes["gen_ai.usage.output_tokens"] = turn.usage.output_tokens
        name = f"chat {model}"
        span = self._tracer.start_span(
            name, context, kind=trace.SpanKind.CLIENT, start_time=began, attributes=attributes
        )
        if "first_token" in turn.timings_ms:
            total = _ns(turn.timings_ms["total"])
            first = time.time_ns() - total + _ns(turn.timings_ms["first_token"])
            span.add_event("first token", timestamp=max(began, first))
        span.end(began + _ns(turn.timings_ms["generate"]))


def trace_id() -> str | None:
    """The id of the trace that this code runs in, 32 hex digits; None outside of any."""
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else None


def _ns(milliseconds: float) -> int:
    return int(milliseconds * 1_000_000)


def _otlp(settings: TelemetrySettings) -> SpanExporter | None:
    if not settings.otlp_endpoint:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=settings.otlp_endpoint)


def _azure(settings: TelemetrySettings) -> SpanExporter | None:
    if settings.azure_connection_string is None:
        return None
    try:
        from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter
    except ImportError as error:
        raise SettingsError(
            "telemetry.azure_connection_string: pip install 'plumbline[azure]' first."
        ) from error
    try:
        exporter: SpanExporter = AzureMonitorTraceExporter(
            connection_string=settings.azure_connection_string.get_secret_value()
        )
    except ValueError as error:
        raise SettingsError(f"telemetry.azure_connection_string: {error}.") from error
    return exporter
