"""How a metric stands in the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.metrics.metric import Metric
from evals.runs.run import MetricInfo

if TYPE_CHECKING:
    from evals.judging.judge import JudgeModel


@dataclass(frozen=True)
class Wanted:
    """A metric as it was asked for.

    Attributes:
        name: as the suite writes it.
        k: the number behind the @, if any.
        judge: who judges; None where nobody does.
    """

    name: str
    k: int | None = None
    judge: JudgeModel | None = None


@dataclass(frozen=True)
class Listed:
    """A metric, or a family of them, that can be asked for.

    Attributes:
        info: what it is; a family's name ends in `@k`.
        source: where the definition comes from.
        make: the metric.
    """

    info: MetricInfo
    source: str
    make: Callable[[Wanted], Metric]
