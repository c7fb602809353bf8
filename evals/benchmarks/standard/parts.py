"""Which benchmarks the standard run holds, in the order of their weight, and about how long each takes."""

from __future__ import annotations

from typing import NamedTuple

BUDGET_MINUTES = 40.0


class Part(NamedTuple):
    """One benchmark of the standard run.

    Attributes:
        name: its module in `evals.benchmarks`.
        seconds: how long it is expected to take on two quiet cores; a run corrects it by its own pace.
        is_quick: whether its `run` takes `quick=True`, for a size that fits the standard run.
    """

    name: str
    seconds: float
    is_quick: bool = True


PARTS = (
    Part("startup", 30, is_quick=False),
    Part("ingestion_comparison", 600),
    Part("ingestion_speed", 210),
    Part("second_set", 90, is_quick=False),
    Part("query_latency", 60),
    Part("service_speed", 200, is_quick=False),
    Part("concurrent_search", 60, is_quick=False),
    Part("scale", 420),
    Part("retrieval_quality", 150),
    Part("resync", 60),
    Part("cache_speed", 60),
    Part("publishing", 60, is_quick=False),
)
