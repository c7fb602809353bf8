"""Draw a difference with its interval beside zero and what may be lost."""

from __future__ import annotations

from markupsafe import Markup

from evals.gate.numbers import change_text, interval_text
from evals.gate.verdict import Comparison
from evals.reports.drawing import WIDTH, Axis, box, line, path, picture, words
from evals.runs.run import MetricInfo

HEIGHT = 68
MIDDLE = 34


def reach_of(item: Comparison) -> float:
    """How far from zero the plot of a comparison reaches."""
    marks: list[float] = [item.difference or 0.0, item.margin or 0.0, *(item.interval or ())]
    return max(map(abs, marks)) * 1.1


def forest(item: Comparison, metric: MetricInfo, reach: float | None = None) -> Markup:
    """The plot of one comparison; right is better, whichever way the metric counts.

    Args:
        item: with a difference, or nothing is drawn.
        metric: what is measured.
        reach: how far from zero it reaches, where several share a scale; None for its own.
    """
    if item.difference is None:
        return Markup()
    sign = 1 if item.better == "higher" else -1
    low, high = sorted(sign * bound for bound in item.interval or (item.difference,) * 2)
    gain = sign * item.difference
    reach = reach or reach_of(item) or 1.0
    axis = Axis(-reach, reach)
    parts = [line("axis", 8, MIDDLE + 18, WIDTH - 8, MIDDLE + 18)]
    if item.margin is not None:
        edge = axis.at(-item.margin)
        parts += [
            box("allowed", edge, 16, axis.at(0) - edge, MIDDLE + 2),
            line("margin", edge, 14, edge, MIDDLE + 18),
        ]
    zero = axis.at(0)
    parts.append(line("zero", zero, 6, zero, MIDDLE + 18))
    kind = "loss" if gain < 0 else "win" if gain > 0 else "tie"
    if item.interval is not None:
        left, right = axis.at(low), axis.at(high)
        parts += [
            line(f"whisker {kind}", left, MIDDLE, right, MIDDLE),
            line(f"whisker {kind}", left, MIDDLE - 5, left, MIDDLE + 5),
            line(f"whisker {kind}", right, MIDDLE - 5, right, MIDDLE + 5),
        ]
    at = axis.at(gain)
    # Triangles point to where it went, so that shapes tell them apart and not colours alone.
    shapes = {
        "loss": f"M{at - 7} {MIDDLE}l14-7v14z",
        "win": f"M{at + 7} {MIDDLE}l-14-7v14z",
        "tie": f"M{at - 7} {MIDDLE}l7-7l7 7l-7 7z",
    }
    parts.append(path(f"point {kind}", shapes[kind]))
    return picture(HEIGHT, _said(item, metric), *parts, *_labels(item, metric, axis))


def _labels(item: Comparison, metric: MetricInfo, axis: Axis) -> list[Markup]:
    zero = axis.at(0)
    labels = [
        words(8, HEIGHT - 2, "← worse", "start"),
        words(zero, HEIGHT - 2, "0"),
        words(WIDTH - 8, HEIGHT - 2, "better →", "end"),
    ]
    if item.margin is not None:
        shown = change_text(metric, item.margin, signed=False)
        labels.append(words(zero - 4, 11, f"may lose {shown}", "end"))
    return labels


def _said(item: Comparison, metric: MetricInfo) -> str:
    said = f"{item.metric}: difference {change_text(metric, item.difference)}"
    if item.interval is not None:
        said += f", 95 % interval {interval_text(metric, item.interval)}"
    if item.margin is not None:
        said += f"; up to {change_text(metric, item.margin, signed=False)} may be lost"
    return f"{said}; {metric.better} is better."
