"""Put what PDFium reads piece by piece into whole lines, and lines into reading order.

The order in which a file draws is kept where it can be the order of reading. Where something is
drawn after what stands below it, the places decide: what is above comes first, and a column
before the one to its right (Breuel, "High performance document layout analysis", 2003).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from ingestion.loaders.notation import Script
from ingestion.loaders.pdf.lines import Line

# In ems.
_SAME_BASELINE = 0.3
_NEXT_TO = 0.5
_TOUCHING = 0.15
_BLOCK_DISTANCE = 2.2
# Cells of more characters are columns of prose.
LONG_CELL = 28
# More than any page of text has; ordering takes time by their square.
_MOST_LINES = 1500
_MOST_BLOCKS = 400
_MOST_PARTS = 1000
# This many lines, of which this share goes on in the next, are prose.
_PROSE_LINES = 5
_PROSE_SHARE = 0.5


@dataclass(slots=True)
class _Block:
    """Lines that follow each other, in a box."""

    lines: list[Line]
    left: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    top: float = 0.0

    def __post_init__(self) -> None:
        self.left = min(line.left for line in self.lines)
        self.right = max(line.right for line in self.lines)
        self.bottom = min(line.bottom for line in self.lines)
        self.top = max(line.top for line in self.lines)

    def is_above(self, other: _Block) -> bool:
        """Whether both share some width, and this one stands higher."""
        overlap = min(self.right, other.right) - max(self.left, other.left)
        return overlap > 1 and self.bottom + self.top > other.bottom + other.top

    def clears(self, other: _Block) -> bool:
        """Whether it ends where the other begins, or above."""
        slack = 0.35 * min(self.top - self.bottom, other.top - other.bottom)
        return self.is_above(other) and self.bottom >= other.top - slack


def whole_lines(pieces: Sequence[Line]) -> list[Line]:
    """Pieces that stand side by side as one line: cells of a row, a label and its value, a word
    and what is raised behind it."""
    lines: list[Line] = []
    parts: list[Line] = []
    for piece in pieces:
        if parts and _beside(parts, piece):
            parts.append(piece)
            continue
        if parts:
            lines.append(_joined(parts))
        parts = [piece]
    if parts:
        lines.append(_joined(parts))
    return lines


def in_reading_order(lines: Sequence[Line]) -> list[Line]:
    """The page's lines as they are read; the order is kept if nothing speaks against it."""
    if len(lines) > _MOST_LINES or all(
        before.baseline >= line.baseline for before, line in pairwise(lines)
    ):
        return list(lines)
    blocks = _blocks(lines)
    if len(blocks) < 2 or len(blocks) > _MOST_BLOCKS:
        return list(lines)
    blocks = _rows_united(blocks)
    if not _is_out_of_order(blocks):
        return [line for block in blocks for line in block.lines]
    return whole_lines([line for block in _sorted(blocks) for line in block.lines])


def _beside(parts: Sequence[Line], line: Line) -> bool:
    """Whether a piece goes on where the pieces of a line end."""
    last = parts[-1]
    # Of a raised piece and the text before it, the larger one says where the line stands.
    before = last if len(parts) == 1 or last.size >= parts[-2].size else parts[-2]
    size = max(before.size, line.size, 1)
    if last.words[-1].turn != line.words[0].turn or before.table or line.table:
        return False
    gap = (line.left - last.right) / size
    if gap < -_SAME_BASELINE or len(parts) > _MOST_PARTS:
        return False
    if abs(before.baseline - line.baseline) <= _SAME_BASELINE * min(before.size, line.size):
        return True
    # A raised or lowered piece is small, and stands right beside the text.
    overlap = min(before.top, line.top) - max(before.bottom, line.bottom)
    heights = before.top - before.bottom, line.top - line.bottom
    small = min(before.size, line.size) <= 0.87 * size
    short = min(len(before.text), len(line.text)) <= 6
    return gap <= _NEXT_TO and small and short and overlap > 0.25 * min(heights)


def _joined(parts: Sequence[Line]) -> Line:
    if len(parts) == 1:
        return parts[0]
    words = list(parts[0].words)
    for part in parts[1:]:
        first = part.words[0]
        gap = (first.left - words[-1].right) / max(words[-1].size, first.size, 1)
        if not part.spaced and gap < _TOUCHING:
            first = first._replace(glued=True)
        words += [first, *part.words[1:]]
    return replace(parts[0], words=tuple(words), hyphenated=parts[-1].hyphenated)


def _blocks(lines: Sequence[Line]) -> list[_Block]:
    groups: list[list[Line]] = []
    for line in lines:
        if groups and _continues(groups[-1][-1], line, lines):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [_Block(group) for group in groups]


def _continues(before: Line, line: Line, lines: Sequence[Line]) -> bool:
    size = max(before.size, line.size, 1)
    overlap = min(before.right, line.right) - max(before.left, line.left)
    distance = before.baseline - line.baseline
    if before.table or line.table or overlap <= 0 or not 0 < distance <= _BLOCK_DISTANCE * size:
        return False
    if distance < 1.5 * size:
        return True  # no room for another line
    return not any(
        line.baseline < other.baseline < before.baseline
        and min(before.right, line.right, other.right) > max(before.left, line.left, other.left)
        for other in lines
    )


def _rows_united(blocks: Sequence[_Block]) -> list[_Block]:
    """Short lines drawn column by column as rows: labels and then their values."""
    united: list[_Block] = []
    for block in blocks:
        if united and _are_cells(united[-1], block):
            united[-1] = _Block(_by_rows(united[-1], block))
        else:
            united.append(block)
    return united


def _are_cells(left: _Block, right: _Block) -> bool:
    if any(line.table for line in (*left.lines, *right.lines)):
        return False
    if left.right > right.left or min(len(left.lines), len(right.lines)) < 2:
        return False
    if max(median(len(line.text) for line in part.lines) for part in (left, right)) > LONG_CELL:
        return False
    if _reads_on(left) or _reads_on(right):
        return False
    matched = sum(_partner(line, left.lines) is not None for line in right.lines)
    return matched == len(right.lines) and 2 * matched > len(left.lines)


def _reads_on(block: _Block) -> bool:
    """Whether sentences go on from line to line, as in a column of prose."""
    lines = block.lines
    going_on = sum(
        after.text[:1].islower() and before.text[-1:] not in ".!?:;"
        for before, after in pairwise(lines)
    )
    return len(lines) >= _PROSE_LINES and going_on >= _PROSE_SHARE * (len(lines) - 1)


def _partner(line: Line, others: Sequence[Line]) -> int | None:
    limit = 0.2 * max(line.size, 1)
    return next(
        (at for at, other in enumerate(others) if abs(other.baseline - line.baseline) <= limit),
        None,
    )


def _by_rows(left: _Block, right: _Block) -> list[Line]:
    rows = list(left.lines)
    for line in right.lines:
        place = _partner(line, rows)
        if place is not None:
            rows[place] = _joined([rows[place], line])
    return rows


def _is_out_of_order(blocks: Sequence[_Block]) -> bool:
    """Whether something is drawn after what stands below it, or a column before its left one."""
    for place, later in enumerate(blocks):
        for earlier in blocks[:place]:
            if later.clears(earlier):
                return True
            beside = min(later.top, earlier.top) - max(later.bottom, earlier.bottom)
            lowest = min(later.top - later.bottom, earlier.top - earlier.bottom)
            several = min(len(later.lines), len(earlier.lines)) >= 4
            if several and later.right < earlier.left and beside > 0.5 * lowest:
                return True
    return False


def _sorted(blocks: Sequence[_Block]) -> list[_Block]:
    """By what must come first; among equals the first drawn."""
    count = len(blocks)
    first_of: list[set[int]] = [set() for _ in range(count)]
    for place, block in enumerate(blocks):
        for other_place, other in enumerate(blocks):
            if place != other_place and _precedes(block, other, blocks):
                first_of[other_place].add(place)
    ordered: list[_Block] = []
    left = set(range(count))
    while left:
        free = [place for place in left if not first_of[place] & left]
        chosen = (
            min(free)
            if free
            else min(left, key=lambda place: (-blocks[place].top, blocks[place].left))
        )
        ordered.append(blocks[chosen])
        left.discard(chosen)
    return ordered


def _precedes(block: _Block, other: _Block, blocks: Sequence[_Block]) -> bool:
    if block.is_above(other):
        return True
    if block.right > other.left + 1:
        return False
    # A column comes before the one to its right, unless something across both parts them.
    low, high = sorted((block.bottom + block.top, other.bottom + other.top))
    return not any(
        low < third.bottom + third.top < high
        and third.left < block.right - 1
        and third.right > other.left + 1
        for third in blocks
    )


def upright_first(lines: Sequence[Line]) -> tuple[list[Line], list[Line], int]:
    """Lines turned like most of the page, those turned otherwise, and the usual turn."""
    weights: dict[int, int] = {}
    for line in lines:
        turn = line.words[0].turn
        weights[turn] = weights.get(turn, 0) + sum(len(word.text) for word in line.words)
    main = max(weights, key=lambda turn: weights[turn]) if weights else 0
    straight = [line for line in lines if line.words[0].turn == main]
    others = [line for line in lines if line.words[0].turn != main]
    others.sort(key=lambda line: line.words[0].turn)
    return straight, others, main


def with_notes(lines: Sequence[Line]) -> list[Line]:
    """The lines, each with the labels of the notes that the page holds below."""
    labels = frozenset(
        line.words[0].text for line in lines if line.scripts and line.scripts[0] is Script.NOTE
    )
    return [replace(line, notes=labels) for line in lines] if labels else list(lines)
