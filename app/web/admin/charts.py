"""Small charts as SVG: positions are worked out here, colours are the style sheet's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480.0, 96.0
GAP = 0.2


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one kind, one for each span; None: there is none.

    Attributes:
        name: for the legend and the table.
        kind: the class by which the style sheet colours it.
        values: the values.
    """

    name: str
    kind: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar, or a part of one that is stacked."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line through the values that there are; where one is missing it is interrupted."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart.

    Attributes:
        title: what it shows.
        series: what is drawn, for legend and table.
        labels: the name of each span.
        most: the value at the upper edge.
        bars, lines: what is drawn.
        digits: places behind the point in the table.
    """

    title: str
    series: list[Series]
    labels: list[str]
    most: float
    bars: list[Bar]
    lines: list[Line]
    digits: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(value for one in self.series for value in one.values)


def stacked(title: str, labels: list[str], series: list[Series], digits: int = 0) -> Chart:
    """Bars, the series of each on top of one another."""
    sums = [sum(one.values[at] or 0 for one in series) for at in range(len(labels))]
    most = max(sums, default=0) or 1
    step = WIDTH / max(1, len(labels))
    bars = []
    for at in range(len(labels)):
        below = 0.0
        for one in series:
            height = (one.values[at] or 0) / most * HEIGHT
            if height:
                top = HEIGHT - below - height
                bars.append(Bar(one.kind, _r(at * step), _r(top), _r(step * (1 - GAP)), _r(height)))
            below += height
    return Chart(title, series, labels, most, bars, [], digits)


def lines(title: str, labels: list[str], series: list[Series], digits: int = 2) -> Chart:
    """Lines over spans; a value that stands alone is a short dash."""
    values = [value for one in series for value in one.values if value is not None]
    most = max(values, default=0) or 1
    step = WIDTH / max(1, len(labels))
    drawn = []
    for one in series:
        path, was_there = [], False
        for at, value in enumerate(one.values):
            if value is not None:
                y, left = _r(HEIGHT - value / most * HEIGHT), at * step
                path.append(
                    f"{'L' if was_there else 'M'}{_r(left)} {y}H{_r(left + step * (1 - GAP))}"
                )
            was_there = value is not None
        drawn.append(Line(one.kind, "".join(path)))
    return Chart(title, series, labels, most, [], drawn, digits)


def _r(value: float) -> float:
    return round(value, 2)
