from __future__ import annotations

import pytest

from evals.gate.formatting import change_text, count_text, interval_text, value_text
from evals.metrics.score import MetricInfo

SHARE = MetricInfo(name="correct", description="")
TIME = MetricInfo(name="latency", description="", unit="ms", better="lower")


@pytest.mark.parametrize(
    ("metric", "value", "said"),
    [
        (SHARE, 0.8132, "81.3 %"),
        (TIME, 1234.5, "1,234 ms"),
        (TIME, 0.0123, "0.0123 ms"),
        (TIME, 0.00001234, "0.000012 ms"),
        (TIME, 3.0, "3 ms"),
        (SHARE, None, "–"),
    ],
)
def test_values(metric, value, said) -> None:
    assert value_text(metric, value) == said


def test_changes_and_intervals() -> None:
    assert change_text(SHARE, 0.012) == "+1.2 points"
    assert change_text(SHARE, -0.012) == "-1.2 points"
    assert change_text(TIME, 12.34, signed=False) == "12.3 ms"
    assert interval_text(SHARE, (-0.021, 0.034)) == "-2.1 to +3.4"
    assert interval_text(TIME, (-1.5, 0.0)) == "-1.5 to +0"
    assert interval_text(TIME, None) == "–"


def test_counts() -> None:
    assert (count_text(1), count_text(1_200)) == ("1 question", "1,200 questions")
