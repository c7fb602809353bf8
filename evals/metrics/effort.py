"""Metrics of what an answer takes: time, tokens, money."""

from __future__ import annotations

from evals.metrics.listed import Listed
from evals.metrics.measure import Measure, always, missing
from evals.metrics.metric import Judged
from evals.runs.run import MetricInfo, Score

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


def _latency(seen: Judged) -> float | Score:
    total = seen.answer.timings_ms.get("total")
    return missing("the answer says no total time") if total is None else total


def _tokens(seen: Judged) -> float | Score:
    usage = seen.answer.usage
    if usage is None:
        return missing("the chat model counts no tokens")
    return float(usage.input_tokens + usage.output_tokens)


def _cost(seen: Judged) -> float | Score:
    if seen.cost is None:
        return missing("no price is set, or the chat model counts no tokens")
    return seen.cost


LISTED = (
    Listed(LATENCY, "own", lambda _: Measure(LATENCY, always, _latency)),
    Listed(TOKENS, "own", lambda _: Measure(TOKENS, always, _tokens)),
    Listed(COST, "own", lambda _: Measure(COST, always, _cost)),
)
