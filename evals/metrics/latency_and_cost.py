"""Metrics of what an answer takes: time, tokens, money."""

from __future__ import annotations

from evals.metrics.metric import EvalContext, FormulaMetric, MetricSpec, always, missing
from evals.metrics.score import MetricInfo, Score

LATENCY = MetricInfo(
    name="latency_ms",
    description="Milliseconds from question to answer, when it was answered.",
    better="lower",
    unit="ms",
)
TOKENS = MetricInfo(
    name="tokens",
    description="Tokens that the chat model read and wrote.",
    better="lower",
    unit="tokens",
)
COST = MetricInfo(
    name="cost",
    description="What the answer cost, in the currency of `prices`.",
    better="lower",
    unit="cost",
)


def _latency(context: EvalContext) -> float | Score:
    total = context.answer.timings_ms.get("total")
    return missing("the answer says no total time") if total is None else total


def _tokens(context: EvalContext) -> float | Score:
    usage = context.answer.usage
    if usage is None:
        return missing("the chat model counts no tokens")
    return float(usage.input_tokens + usage.output_tokens)


def _cost(context: EvalContext) -> float | Score:
    if context.cost is None:
        return missing("no price is set, or the chat model counts no tokens")
    return context.cost


SPECS = (
    MetricSpec(LATENCY, "own", lambda _: FormulaMetric(LATENCY, always, _latency)),
    MetricSpec(TOKENS, "own", lambda _: FormulaMetric(TOKENS, always, _tokens)),
    MetricSpec(COST, "own", lambda _: FormulaMetric(COST, always, _cost)),
)
