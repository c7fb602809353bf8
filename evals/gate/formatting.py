"""Write values of metrics for people."""

from __future__ import annotations

from evals.metrics.score import MetricInfo


def value_text(metric: MetricInfo, value: float | None) -> str:
    """A value: `81.3 %`, or with its unit."""
    if value is None:
        return "–"
    if metric.unit == "share":
        return f"{100 * value:.1f} %"
    return f"{_digits(value)} {metric.unit}"


def change_text(metric: MetricInfo, value: float | None, signed: bool = True) -> str:
    """A difference: `+1.2 points` (hundredths) of a share, or with its unit."""
    if value is None:
        return "–"
    sign = "+" if signed and value >= 0 else ""
    if metric.unit == "share":
        return f"{sign}{100 * value:.1f} points"
    return f"{sign}{_digits(value)} {metric.unit}"


def interval_text(metric: MetricInfo, interval: tuple[float, float] | None) -> str:
    """An interval of a difference: `-2.1 to +3.4`, in the unit of `change_text`."""
    if interval is None:
        return "–"
    if metric.unit == "share":
        return f"{100 * interval[0]:+.1f} to {100 * interval[1]:+.1f}"
    return " to ".join(f"{'+' if bound >= 0 else ''}{_digits(bound)}" for bound in interval)


def count_text(count: int, noun: str = "question") -> str:
    """A number with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _digits(value: float) -> str:
    """Three digits that count, without an exponent."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-3 else f"{value:.6f}".rstrip("0").rstrip(".")
