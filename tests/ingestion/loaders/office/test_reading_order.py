from __future__ import annotations

from ingestion.loaders.office.reading_order import Box, reading_order


def names(**boxes: tuple[int, int, int, int]) -> str:
    found = [Box(*place, shape=name) for name, place in boxes.items()]
    return " ".join(box.shape for box in reading_order(found))


def test_cards_beside_each_other_are_read_one_after_the_other() -> None:
    assert names(
        text2=(60, 12, 100, 40), head1=(0, 0, 40, 10), head2=(60, 0, 100, 10), text1=(0, 12, 40, 40)
    ) == "head1 text1 head2 text2"  # fmt: skip


def test_rows_far_apart_are_read_row_by_row() -> None:
    assert names(
        b2=(45, 50, 100, 60), a1=(0, 0, 40, 10), a2=(45, 0, 100, 10), b1=(0, 50, 40, 60)
    ) == "a1 a2 b1 b2"  # fmt: skip


def test_a_shape_slightly_lower_stays_in_its_row() -> None:
    assert names(right=(50, 0, 90, 20), left=(0, 2, 40, 22)) == "left right"


def test_shapes_on_top_of_each_other_are_read_by_their_corners() -> None:
    assert names(b=(5, 5, 50, 50), a=(0, 0, 60, 60)) == "a b"
    assert names(b=(0, 0, 0, 0), a=(0, 0, 0, 0)) == "b a"
