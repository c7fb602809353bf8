"""The order in which people read shapes on a slide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Box:
    """A shape and the rectangle it covers, in whatever unit."""

    left: int
    top: int
    right: int
    bottom: int
    shape: Any


def reading_order(boxes: Sequence[Box], depth: int = 0) -> list[Box]:
    """From top to bottom and left to right; what stands close together is read together.

    The boxes are cut at the widest gap that runs through all of them, across or down, and each
    part again (a recursive X-Y cut, Nagy and Seth 1984). Boxes that no gap parts are read by
    their upper left corners.
    """
    if len(boxes) < 2:
        return list(boxes)
    across = _widest_gap([(box.top, box.bottom) for box in boxes])
    down = _widest_gap([(box.left, box.right) for box in boxes])
    if depth > _DEEPEST or not (across or down):
        return sorted(boxes, key=lambda box: (box.top, box.left))
    # A row is parted from the next one in case of doubt, as it is in a text.
    if across and (not down or across[0] >= down[0]):
        first = [box.bottom <= across[1] for box in boxes]
    else:
        first = [down is not None and box.right <= down[1] for box in boxes]
    parts = (
        [box for box, here in zip(boxes, first, strict=True) if here is side]
        for side in (True, False)
    )
    return [box for part in parts for box in reading_order(part, depth + 1)]


def _widest_gap(spans: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """The width of the widest gap between spans and where it starts; None if absent.

    Spans that touch leave a gap of width 0.
    """
    ordered = sorted(spans)
    best: tuple[int, int] | None = None
    end = ordered[0][1]
    for start, stop in ordered[1:]:
        if start >= end and (best is None or start - end > best[0]):
            best = (start - end, end)
        end = max(end, stop)
    return best
