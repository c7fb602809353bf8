"""SVG plots of a report: forest plots of differences, and the spread of single questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from evals.gate.formatting import change_text, interval_text
from evals.gate.verdict import Comparison
from evals.metrics.score import MetricInfo

WIDTH = 320


@dataclass(frozen=True)
class Axis:
    """A line of values from left to right.

    Attributes:
        low: value at the left end.
        high: value at the right end.
        left: place of the left end.
        right: place of the right end.
    """

    low: float
    high: float
    left: float = 8.0
    right: float = WIDTH - 8.0

    def at(self, value: float) -> float:
        """The place of a value; of one beyond the ends, the nearer end."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(self.left + min(1.0, max(0.0, share)) * (self.right - self.left), 1)


def svg(height: int, description: str, *parts: Markup) -> Markup:
    """A whole picture.

    Args:
        height: in units.
        description: what it shows, for those who do not see it.
        parts: elements, the lowest first.
    """
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" focusable="false">{}</svg>'
    ).format(WIDTH, height, description, Markup().join(parts))


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    """A line; `kind` is its class in the style sheet."""
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(kind, x1, y1, x2, y2)


def box(kind: str, x: float, y: float, width: float, height: float) -> Markup:
    """A rectangle."""
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        kind, round(x, 1), round(y, 1), round(width, 1), round(height, 1)
    )


def path(kind: str, steps: str) -> Markup:
    """Any shape."""
    return Markup('<path class="{}" d="{}"/>').format(kind, steps)


def svg_text(x: float, y: float, text: str, anchor: str = "middle") -> Markup:
    """A text, `anchor`ed at its start, middle or end; inside the picture whatever its length."""
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(x, y, anchor, text)


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
    return svg(HEIGHT, _description(item, metric), *parts, *_labels(item, metric, axis))


def _labels(item: Comparison, metric: MetricInfo, axis: Axis) -> list[Markup]:
    zero = axis.at(0)
    labels = [
        svg_text(8, HEIGHT - 2, "← worse", "start"),
        svg_text(zero, HEIGHT - 2, "0"),
        svg_text(WIDTH - 8, HEIGHT - 2, "better →", "end"),
    ]
    if item.margin is not None:
        shown = change_text(metric, item.margin, signed=False)
        labels.append(svg_text(zero - 4, 11, f"may lose {shown}", "end"))
    return labels


def _description(item: Comparison, metric: MetricInfo) -> str:
    description = f"{item.metric}: difference {change_text(metric, item.difference)}"
    if item.interval is not None:
        description += f", 95 % interval {interval_text(metric, item.interval)}"
    if item.margin is not None:
        description += f"; up to {change_text(metric, item.margin, signed=False)} may be lost"
    return f"{description}; {metric.better} is better."


SPREAD_HEIGHT = 92
SPREAD_MIDDLE = 40
REACH = 32


def spread(gains: Sequence[float], name: str) -> Markup:
    """Bars of all questions side by side: losses below the line, ties on it, gains above.

    Args:
        gains: by question, positive where the candidate does better.
        name: the metric's.
    """
    if not gains:
        return Markup()
    largest = max(map(abs, gains)) or 1.0
    step = (WIDTH - 16) / len(gains)
    steps: dict[str, list[str]] = {"loss": [], "win": []}
    place = 0
    for gain, alike in groupby(sorted(gains)):
        count = len(list(alike))
        if gain:
            # At least two units high, or a small change could not be seen.
            height = max(2.0, abs(gain) / largest * REACH) * (1 if gain < 0 else -1)
            left = 8 + place * step
            steps["loss" if gain < 0 else "win"].append(
                f"M{left:.1f} {SPREAD_MIDDLE}v{height:.1f}h{count * step:.1f}V{SPREAD_MIDDLE}z"
            )
        place += count
    losses, wins = sum(gain < 0 for gain in gains), sum(gain > 0 for gain in gains)
    ties = len(gains) - losses - wins
    description = f"{name}: {losses} questions worse, {ties} the same, {wins} better."
    return svg(
        SPREAD_HEIGHT,
        description,
        *(path(f"bar {kind}", "".join(found)) for kind, found in steps.items() if found),
        line("zero", 8, SPREAD_MIDDLE, WIDTH - 8, SPREAD_MIDDLE),
        svg_text(8, SPREAD_HEIGHT - 4, f"▼ {losses} worse", "start"),
        svg_text(WIDTH / 2, SPREAD_HEIGHT - 4, f"{ties} same"),
        svg_text(WIDTH - 8, SPREAD_HEIGHT - 4, f"{wins} better ▲", "end"),
    )
