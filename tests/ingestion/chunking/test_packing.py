"""Units packed into even pieces."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingestion.chunking.packing import Unit, pack


def row_of(sizes: list[int], repeatable: bool = True) -> list[Unit]:
    units, at = [], 0
    for size in sizes:
        units.append(Unit(at, at + size, size, repeatable))
        at += size
    return units


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=60), st.integers(30, 200), st.integers(0, 3)
)
def test_pieces_fit_and_lose_nothing(sizes: list[int], room: int, overlap: int) -> None:
    pieces = list(pack(row_of(sizes), room, overlap))
    assert pieces[0][0] == 0
    assert pieces[-1][1] == sum(sizes)
    for (start, end), (after, after_end) in pairwise(pieces):
        assert after <= end, "a gap"
        assert after > start, "no progress"
        assert after_end > end
    assert all(end - start <= room for start, end in pieces)


def test_a_piece_is_never_only_what_the_one_before_ends_with() -> None:
    assert list(pack(row_of([4, 5, 25, 4]), 30, overlap=3)) == [(0, 9), (4, 34), (34, 38)]


def test_what_fits_is_one_piece() -> None:
    assert list(pack(row_of([10, 20, 30]), 60)) == [(0, 60)]
    assert list(pack([], 60)) == []


def test_pieces_are_even_not_a_full_one_and_a_tail() -> None:
    sizes = [end - start for start, end in pack(row_of([10] * 11), 100)]
    assert max(sizes) - min(sizes) <= 10


def test_the_last_unit_is_repeated_where_it_may_be() -> None:
    assert list(pack(row_of([10] * 10), 60, overlap=1)) == [(0, 50), (40, 100)]
    assert list(pack(row_of([10] * 10, repeatable=False), 60, overlap=1)) == [(0, 50), (50, 100)]


def test_a_long_last_unit_is_not_repeated() -> None:
    assert list(pack(row_of([10, 40, 40, 10]), 60, overlap=1)) == [(0, 50), (50, 100)]
