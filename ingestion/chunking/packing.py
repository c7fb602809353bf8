"""Pack units of text into even pieces within a budget of tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Repeated sentences may take this share of a piece.
OVERLAP_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest stretch that packing does not cut: a sentence, a row, a whole table.

    Attributes:
        start: first character, inclusive.
        end: last character, exclusive.
        tokens: what it costs.
        repeatable: whether it may be repeated at the start of the next piece.
    """

    start: int
    end: int
    tokens: int
    repeatable: bool = True


def pack(units: Sequence[Unit], room: int, overlap: int = 0) -> Iterator[tuple[int, int]]:
    """Spans `(start, end)` of runs of units, each of at most `room` tokens and of about even length.

    Args:
        units: in reading order, each of at most `room` tokens.
        room: the budget of one piece, tokens.
        overlap: how many repeatable units from a piece's end may begin the next.
    """
    left = sum(unit.tokens for unit in units)
    at = new = 0
    while at < len(units):
        pieces = -(-left // room)
        target = left / pieces
        first = at
        size = 0
        while at < len(units) and size + units[at].tokens <= room:
            # Stop where the piece comes nearest to its even share, after its first new unit.
            if pieces > 1 and at > new and size + units[at].tokens / 2 > target:
                break
            size += units[at].tokens
            at += 1
        yield units[first].start, units[at - 1].end
        new = at
        if at < len(units):
            back = _repeated(units[first + 1 : at], room, overlap, units[at].tokens)
            at -= back
            size -= sum(unit.tokens for unit in units[at : at + back])
        left -= size


def _repeated(units: Sequence[Unit], room: int, overlap: int, next_tokens: int) -> int:
    """How many of the last units the next piece repeats, so that it still can take its first new one."""
    count = 0
    tokens = 0
    for unit in reversed(units[len(units) - min(overlap, len(units)) :]):
        tokens += unit.tokens
        if not unit.repeatable or tokens > room * OVERLAP_SHARE or tokens + next_tokens > room:
            break
        count += 1
    return count
