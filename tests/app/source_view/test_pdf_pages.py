"""Pages of PDFs are drawn, and words are found on them, within limits."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from app.errors import OriginalNotShown
from app.source_view import pdf_pages
from app.source_view.pdf_pages import DrawPage, FindOnPages, Original, PlacedBox, Wanted
from tests.app.source_view.pdfs import LONG, lines_at, report


def found(original: Original, words: str, page: int = 1, earlier: int = 0) -> list[PlacedBox]:
    return FindOnPages(original, [Wanted(page, words, earlier)]).run(None, None).boxes[0]


def drawn(original: Original, page: int = 1, width: int = 600) -> Image.Image:
    return Image.open(io.BytesIO(DrawPage(original, page, width, 4_000_000).run(None, None)))


def ink(image: Image.Image, box: PlacedBox) -> float:
    """The share of dark pixels within a box."""
    area = image.convert("L").crop(
        (
            round(box.left * image.width),
            round(box.top * image.height),
            round((box.left + box.width) * image.width) + 1,
            round((box.top + box.height) * image.height) + 1,
        )
    )
    dark = sum(area.histogram()[:128])
    return dark / (area.width * area.height)


def test_a_page_is_drawn(original) -> None:
    image = drawn(original(report()), 2, 900)
    assert image.format == "PNG"
    assert 895 <= image.width <= 905
    assert abs(image.height / image.width - 2**0.5) < 0.01


def test_an_image_has_no_more_pixels_than_allowed(original) -> None:
    for data in (report(), lines_at([(10, 10, "x")], (14_000, 20)), lines_at([], (20, 14_000))):
        image = Image.open(io.BytesIO(DrawPage(original(data), 1, 3000, 100_000).run(None, None)))
        assert image.width * image.height <= 110_000


def test_words_in_several_lines_have_a_box_for_each(original) -> None:
    at = original(report())
    boxes = found(at, LONG)
    image = drawn(at, 1, 1200)
    assert 2 <= len(boxes) <= 4
    assert all(box.page == 1 and box.left >= 0 and box.left + box.width <= 1 for box in boxes)
    assert all(ink(image, box) > 0.05 for box in boxes)
    assert boxes[0].top < boxes[1].top
    # What is above the first line is no part of it.
    above = boxes[0]._replace(
        top=boxes[0].top - boxes[0].height * 0.6, height=boxes[0].height * 0.5
    )
    assert ink(image, above) < 0.01


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_boxes_are_where_the_words_are_shown_on_a_turned_page(original, rotate: int) -> None:
    at = original(report(rotate=rotate))
    box = found(at, "Part 1: units")[0]
    image = drawn(at, 1, 1200)
    assert ink(image, box) > 0.08
    long, short = (box.height, box.width) if rotate in (90, 270) else (box.width, box.height)
    assert long * (image.height if rotate in (90, 270) else image.width) > 3 * short * (
        image.width if rotate in (90, 270) else image.height
    )


def test_a_row_of_a_table_is_found_cell_by_cell_on_one_line(original) -> None:
    at = original(report())
    boxes = found(at, "| C | Chilled goods | 0 °C to +4 °C | 20 min |")
    middle = [box.top + box.height / 2 for box in boxes]
    assert len(boxes) == 4
    assert max(middle) - min(middle) < 0.005
    other = found(at, "B | Frozen goods | -24 °C to -18 °C | 20 min")
    assert len(other) == 4
    assert max(box.top for box in other) < min(box.top for box in boxes)
    wrapped = found(
        at, "Deep-frozen goods that are carried in closed compartments | -28 °C to -20 °C"
    )
    assert len(wrapped) >= 3


@pytest.mark.parametrize(
    "words", ["The mass is 10^6 kg on page 1", "THE  MASS\nis “10⁶” kg", "refrige-\nration unit"]
)
def test_notation_and_line_breaks_do_not_matter(original, words: str) -> None:
    assert found(original(report()), words)


def test_of_words_that_stand_there_twice_the_right_ones_are_found(original) -> None:
    at = original(lines_at([(50, 700, "Closed on Monday."), (50, 600, "Closed on Monday.")]))
    first, second = (
        found(at, "Closed on Monday.", earlier=0),
        found(at, "Closed on Monday.", earlier=1),
    )
    assert len(first) == len(second) == 1
    assert first[0].top < second[0].top
    assert found(at, "Closed on Monday.", earlier=9) == second


def test_a_sentence_goes_on_on_the_next_page(original) -> None:
    at = original(report(pages=2))
    words = "The mass is 106 kg on page 1. Part 2: units"
    assert {box.page for box in found(at, words)} == {1, 2}


def test_words_that_are_not_there_have_no_boxes(original) -> None:
    at = original(report())
    assert found(at, "Nothing like that was ever printed") == []
    assert found(at, "…!?") == []
    assert found(at, "Part 1: units", page=99) == []
    assert found(at, "Part 1: units", page=-1) == []


def test_columns_side_by_side_do_not_mix(original) -> None:
    left = ["Goods that arrive warm", "are refused at the dock", "and sent back at once."]
    right = ["Drivers rest for nine", "hours between shifts in", "the room above the gate."]
    lines = []
    for number, (one, other) in enumerate(zip(left, right, strict=True)):
        lines += [(50.0, 700.0 - 20 * number, one), (300.0, 700.0 - 20 * number, other)]
    boxes = found(original(lines_at(lines)), " ".join(left))
    assert len(boxes) == 3
    assert all(box.left < 0.3 and box.left + box.width < 0.5 for box in boxes)


@pytest.mark.parametrize(
    "data",
    [b"", b"%PDF-1.7\n", b"%PDF-1.7\n" + b"\x00" * 5000, b"no pdf", report()[:2000]],
    ids=["empty", "header", "zeros", "other", "cut"],
)
def test_what_is_no_pdf_is_said_to_be_damaged(original, data: bytes) -> None:
    with pytest.raises(OriginalNotShown, match="damaged"):
        drawn(original(data))
    with pytest.raises(OriginalNotShown, match="damaged"):
        found(original(data), "words")


def test_there_is_no_page_beyond_the_last(original) -> None:
    for page in (0, -1, 3, 10**12):
        with pytest.raises(OriginalNotShown, match="2 pages"):
            drawn(original(report()), page)


def test_other_bytes_than_the_indexed_ones_are_not_shown(original, tmp_path: Path) -> None:
    at = original(report())
    (tmp_path / "original.pdf").write_bytes(report(author="somebody else"))
    with pytest.raises(OriginalNotShown, match="changed"):
        drawn(at)
    (tmp_path / "original.pdf").unlink()
    with pytest.raises(OriginalNotShown, match="cannot be read"):
        drawn(at)
    large = original(report())._replace(most_bytes=100)
    with pytest.raises(OriginalNotShown, match="too large"):
        drawn(large)


def test_words_made_to_take_long_do_not(original) -> None:
    lines = [(20, 800 - number * 5, "a b a a b " * 30) for number in range(150)]
    at = original(lines_at(lines))
    for words in ("| a | b | a |\n" * 200, "a b b " * 500, "| a | | b b b b |" * 150, "b " * 1500):
        began = os.times()
        found(at, words[:3000])
        ended = os.times()
        assert ended.user - began.user < 5


def test_the_module_that_the_worker_imports_is_light() -> None:
    source = Path(pdf_pages.__file__).read_text("utf-8")
    assert "\nimport pypdfium2" not in source
    assert "\nfrom PIL" not in source
