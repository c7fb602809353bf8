"""What answering took: time, tokens, money."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from app.answering.answer import Answer
from evals.reports.plots import WIDTH, Axis, box, line, svg, svg_text
from evals.running.run import EvalRun

PERCENTS = (50, 95)


@dataclass(frozen=True)
class LatencyAndCost:
    """One run's.

    Attributes:
        label: the run's name for people.
        answers: how many there are.
        kept: how many of them an earlier run had made; their times are of then.
        failed: how many failed.
        stages: milliseconds by stage that any answer has, at the median and the 95th percentile.
        picture: where the times lie.
        tokens: read and written, of the answers whose model counts them; None if none does.
        cost: of all answers; None if that of one is unknown.
        judge_cost: of judging them; None if nothing was judged or the cost is unknown.
        seconds: how long the run took.
    """

    label: str
    answers: int
    kept: int
    failed: int
    stages: dict[str, tuple[float, float]]
    picture: Markup
    tokens: tuple[int, int] | None
    cost: float | None
    judge_cost: float | None
    seconds: float


def latency_and_cost_of(runs: Sequence[EvalRun]) -> list[LatencyAndCost]:
    """Each run's, drawn to one scale."""
    answers = [[r.answer for r in run.results if r.answer is not None] for run in runs]
    totals = [_times(found, "total") for found in answers]
    slowest = max((max(found) for found in totals if found), default=0.0)
    return [
        _of_run(run, found, times, slowest)
        for run, found, times in zip(runs, answers, totals, strict=True)
    ]


def _of_run(
    run: EvalRun, answers: list[Answer], times: list[float], slowest: float
) -> LatencyAndCost:
    stages = dict.fromkeys(stage for answer in answers for stage in answer.timings_ms)
    costs = [result.cost for result in run.results if result.answer is not None]
    judging = [result.judge_cost for result in run.results if result.judge_cost is not None]
    used = [answer.usage for answer in answers if answer.usage is not None]
    tokens = sum(u.input_tokens for u in used), sum(u.output_tokens for u in used)
    return LatencyAndCost(
        label=run.label,
        answers=len(answers),
        kept=sum(result.kept for result in run.results),
        failed=sum(result.answer is None for result in run.results),
        stages={stage: _percentiles(_times(answers, stage)) for stage in stages},
        picture=_drawn(run.label, times, slowest),
        tokens=tokens if used else None,
        cost=None if None in costs or not costs else math.fsum(c for c in costs if c is not None),
        judge_cost=math.fsum(judging) if judging else None,
        seconds=run.seconds,
    )


def _times(answers: Sequence[Answer], stage: str) -> list[float]:
    return [answer.timings_ms[stage] for answer in answers if stage in answer.timings_ms]


def _percentiles(times: Sequence[float]) -> tuple[float, float]:
    middle, late = np.percentile(times, PERCENTS)
    return float(middle), float(late)


def _drawn(label: str, times: Sequence[float], slowest: float) -> Markup:
    """A box over the middle half, a line from the 5th to the 95th percentile, a bar at the median."""
    if not times:
        return Markup()
    axis = Axis(0.0, slowest)
    first, low, middle, high, last = (axis.at(p) for p in np.percentile(times, (5, 25, 50, 75, 95)))
    p50, p95 = _percentiles(times)
    description = f"{label}: half of the answers within {p50:,.0f} ms, 95 % within {p95:,.0f} ms."
    return svg(
        52,
        description,
        line("whisker", first, 16, last, 16),
        line("whisker", first, 11, first, 21),
        line("whisker", last, 11, last, 21),
        box("quartiles", low, 6, max(1.0, high - low), 20),
        line("median", middle, 4, middle, 28),
        line("axis", 8, 34, WIDTH - 8, 34),
        svg_text(8, 48, "0", "start"),
        svg_text(WIDTH - 8, 48, f"{slowest:,.0f} ms", "end"),
    )
