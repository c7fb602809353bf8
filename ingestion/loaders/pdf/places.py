"""Words, and where they stand on a page."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

Bounds: TypeAlias = tuple[float, float, float, float]


class Word(NamedTuple):
    """A run of characters without a space, of one size, on one baseline.

    Coordinates are in points, x to the right and y upwards, turned so that text reads from left
    to right.

    Attributes:
        glued: no space parts it from the word before.
        turn: by how many degrees, counterclockwise, the text is turned on the page.
        running: the file marks it as part of a running header or footer.
        off: it belongs to a layer that is switched off.
        mono: all characters of its font are equally wide.
    """

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    bold: bool
    baseline: float
    glued: bool = False
    turn: int = 0
    running: bool = False
    off: bool = False
    mono: bool = False


def turned(box: Bounds, degrees: int) -> Bounds:
    """A box (left, bottom, right, top) of the page as text turned by so many degrees sees it."""
    left, bottom, right, top = box
    if degrees == 0:
        return box
    if degrees == 90:
        return bottom, -right, top, -left
    if degrees == 180:
        return -right, -top, -left, -bottom
    if degrees == 270:
        return -top, left, -bottom, right
    # The box of a slanted glyph is larger than the glyph: its middle says where it stands.
    angle = math.radians(degrees)
    x, y = (left + right) / 2, (bottom + top) / 2
    along = x * math.cos(angle) + y * math.sin(angle)
    across = y * math.cos(angle) - x * math.sin(angle)
    half = min(right - left, top - bottom) / 4
    return along - half, across - half, along + half, across + half
