"""Draw a difference with its interval beside zero and what may be lost."""

from __future__ import annotations

from markupsafe import Markup

from evals.gate.numbers import change_text, interval_text
from evals.gate.verdict import Comparison
from evals.reports.drawing import WIDTH, Axis, box, line, path, picture, words
from evals.runs.run import MetricInfo

HEIGHT = 74
MIDDLE = 30


def forest(item: Comparison, metric: MetricInfo) -> Markup:
    """The plot of one comparison; right is better, whichever way the metric counts.

    Args:
        item: with a difference, or nothing is drawn.
        metric: what is measured.
    """
    if item.difference is None:
        return Markup()
    sign = 1 if item.better == "higher" else -1
    low, high = sorted(sign * bound for bound in item.interval or (item.difference,) * 2)
    gain = sign * item.difference
    marks = [0.0, low, high, gain, *([] if item.margin is None else [-item.margin])]
    reach = max(map(abs, marks)) * 1.15 or 1.0
    axis = Axis(-reach, reach)
    parts = [line("axis", 8, MIDDLE + 18, WIDTH - 8, MIDDLE + 18)]
    if item.margin is not None:
        edge = axis.at(-item.margin)
        parts += [
            box("allowed", edge, 8, axis.at(0) - edge, MIDDLE + 10),
            line("margin", edge, 6, edge, MIDDLE + 22),
        ]
    zero = axis.at(0)
    parts.append(line("zero", zero, 6, zero, MIDDLE + 22))
    kind = "loss" if gain < 0 else "win"
    if item.interval is not None:
        left, right = axis.at(low), axis.at(high)
        parts += [
            line(f"whisker {kind}", left, MIDDLE, right, MIDDLE),
            line(f"whisker {kind}", left, MIDDLE - 5, left, MIDDLE + 5),
            line(f"whisker {kind}", right, MIDDLE - 5, right, MIDDLE + 5),
        ]
    at = axis.at(gain)
    # A loss is a triangle that points to it, a gain likewise: shape tells them apart, not colour alone.
    tip = -7 if gain < 0 else 7
    parts.append(path(f"point {kind}", f"M{at + tip} {MIDDLE}L{at - tip} {MIDDLE - 7}v14z"))
    return picture(HEIGHT, _said(item, metric), *parts, *_labels(item, metric, axis))


def _labels(item: Comparison, metric: MetricInfo, axis: Axis) -> list[Markup]:
    labels = [
        words(8, HEIGHT - 2, "← worse", "start"),
        words(WIDTH - 8, HEIGHT - 2, "better →", "end"),
    ]
    zero = axis.at(0)
    labels.append(words(zero, MIDDLE + 33, "0"))
    if item.margin is not None and zero - axis.at(-item.margin) > 24:
        sign = -1 if item.better == "higher" else 1
        edge = max(axis.at(-item.margin), 70.0)
        shown = change_text(metric, sign * item.margin)
        labels.append(words(edge, MIDDLE + 33, f"may lose {shown.lstrip('+-')}", "end"))
    return labels


def _said(item: Comparison, metric: MetricInfo) -> str:
    said = f"{item.metric}: difference {change_text(metric, item.difference)}"
    if item.interval is not None:
        said += f", 95 % interval {interval_text(metric, item.interval)}"
    if item.margin is not None:
        said += f"; up to {change_text(metric, item.margin, signed=False)} may be lost"
    return f"{said}; {metric.better} is better."
