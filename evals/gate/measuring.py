"""The numbers of one comparison, before anything is decided."""

from __future__ import annotations

import math
from dataclasses import dataclass

from evals.gate.pairing import Paired
from evals.runs.run import MetricInfo
from evals.statistics.choosing import estimate_difference, estimate_mean
from evals.statistics.estimate import Estimate
from evals.statistics.ranges import range_of
from evals.statistics.resamples import Resamples

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Measured:
    """One metric over some questions.

    Attributes:
        metric: what is measured.
        slice: the tag of the questions; None for all.
        paired: the values.
        gain: the mean gain of the candidate, negative where it is worse, whichever way is better;
            None where there are no two independent questions.
        baseline, candidate: estimates of each run's own mean; None likewise.
    """

    metric: MetricInfo
    slice: str | None
    paired: Paired
    gain: Estimate | None
    baseline: Estimate | None
    candidate: Estimate | None

    @property
    def cases(self) -> int:
        """Questions that both have a value for."""
        return len(self.paired.clusters)

    @property
    def missing_share(self) -> float:
        """Share of the questions that lack a value, of those that the metric applies to."""
        asked = self.cases + self.paired.missing + self.paired.unpaired
        return self.paired.missing / asked if asked else 0.0

    @property
    def sign(self) -> int:
        """1 where higher is better, -1 where lower is."""
        return 1 if self.metric.better == "higher" else -1


def measure(
    metric: MetricInfo, paired: Paired, resamples: Resamples, slice_: str | None = None
) -> Measured:
    """Estimate what can be estimated."""
    sign = 1 if metric.better == "higher" else -1
    gains = [
        sign * (candidate - baseline)
        for baseline, candidate in zip(paired.baseline, paired.candidate, strict=True)
    ]
    if not gains:
        return Measured(metric, slice_, paired, None, None, None)
    lowest, highest, widest = range_of(paired.baseline + paired.candidate, metric.unit == "share")
    gain = estimate_difference(gains, paired.clusters, widest=widest, resamples=resamples)
    baseline, candidate = (
        estimate_mean(values, paired.clusters, lowest=lowest, highest=highest, resamples=resamples)
        for values in (paired.baseline, paired.candidate)
    )
    return Measured(metric, slice_, paired, gain, baseline, candidate)


def mean(values: list[float]) -> float | None:
    """None of nothing."""
    return math.fsum(values) / len(values) if values else None
