"""Put numbers to places in an SVG picture, and write its elements.

Pictures are 320 units wide, about as wide as a phone, so that their text is never scaled down. They
take their colours from the page's style sheet, which has a light and a dark set.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

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


def picture(height: int, said: str, *parts: Markup) -> Markup:
    """A whole picture.

    Args:
        height: in units.
        said: what it shows, for those who do not see it.
        parts: elements, the lowest first.
    """
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" focusable="false">{}</svg>'
    ).format(WIDTH, height, said, Markup().join(parts))


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


def words(x: float, y: float, text: str, anchor: str = "middle") -> Markup:
    """A text, `anchor`ed at its start, middle or end; inside the picture whatever its length."""
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(x, y, anchor, text)
