"""Pages of PDFs are drawn, and words are found on them, within bounds."""

from __future__ import annotations

import hashlib
import io
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from PIL import Image

from app.errors import OriginalNotShown
from app.source_view import pdf_pages
from app.source_view.originals import TOO_MUCH
from app.source_view.pdf_pages import BROKEN, DrawPage, FindOnPages, Original, PlacedBox, Wanted
from app.source_view.source_view import Span
from app.source_view.source_views import SourceViews
from ingestion.sources.source_file import SourceFile
from tests.app.source_view.conftest import EVERYTHING, Shelf, in_groups
from tests.app.source_view.pdfs import LONG, lines_at, raw, report, stream

MOST = 10_000_000


@pytest.fixture
def original(tmp_path: Path) -> Callable[[bytes], Original]:
    def write(data: bytes) -> Original:
        path = tmp_path / "original.pdf"
        path.write_bytes(data)
        file = SourceFile(document_id="original.pdf", source="test", url=str(path))
        return Original(file, hashlib.sha256(data).hexdigest(), MOST)

    return write


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


def pdf_view(shelf: Shelf, words: str = "Part 2: units") -> tuple[SourceViews, Span]:
    chunks = shelf.sets.get("shelf").chunks_of("fleet.pdf")
    held = next(chunk for chunk in chunks if words in chunk.text)
    start = held.start + held.text.index(words)
    return shelf.views, Span(start, start + len(words), words)


WORDS = "kg on page 2"


def test_the_pages_with_the_words_are_named(shelf: Shelf) -> None:
    shelf.write("fleet.pdf", report(pages=3))
    shelf.sync()
    views, span = pdf_view(shelf, WORDS)
    _, row = pdf_view(shelf, "Frozen goods | -24 °C to -18 °C")
    view = views.view(EVERYTHING, "shelf", "fleet.pdf", [span, row])
    assert (view.kind, view.page_count, view.original_problem) == ("pdf", 3, None)
    assert view.pages == [1, 2]
    assert [(size.page, round(size.width), round(size.height)) for size in view.page_sizes] == [
        (1, 595, 842), (2, 595, 842),
    ]  # fmt: skip
    assert [box.page for box in view.spans[0].boxes] == [2]
    assert {box.page for box in view.spans[1].boxes} == {1}
    assert views.page(EVERYTHING, "shelf", "fleet.pdf", 2).startswith(b"\x89PNG")


def test_a_page_that_was_drawn_is_drawn_no_second_time(shelf: Shelf, monkeypatch) -> None:
    shelf.write("fleet.pdf", report())
    shelf.sync()
    image = shelf.views.page(EVERYTHING, "shelf", "fleet.pdf", 1)
    monkeypatch.setattr(shelf.originals._worker, "do", None)
    assert shelf.views.page(EVERYTHING, "shelf", "fleet.pdf", 1) == image
    # The cache serves nobody who may not see the document, and nothing of a file that has changed.
    path = shelf.folder / "fleet.pdf"
    path.write_bytes(report(author="x"))
    with pytest.raises(TypeError):  # it asks the worker again
        shelf.views.page(EVERYTHING, "shelf", "fleet.pdf", 1)
    path.unlink()
    with pytest.raises(OriginalNotShown):
        shelf.views.page(EVERYTHING, "shelf", "fleet.pdf", 1)


def test_the_cache_of_pages_is_bounded_in_bytes(make_shelf: Callable[..., Shelf]) -> None:
    shelf = make_shelf(cache_bytes=150_000)
    shelf.write("fleet.pdf", report(pages=4))
    shelf.sync()
    for page in (1, 2, 3, 4):
        for width in (300, 500):
            shelf.views.page(EVERYTHING, "shelf", "fleet.pdf", page, width=width)
    assert 0 < shelf.originals._drawn.bytes <= 150_000


def test_a_changed_original_is_not_shown_and_the_indexed_text_is(shelf: Shelf) -> None:
    shelf.write("fleet.pdf", report())
    shelf.sync()
    views, span = pdf_view(shelf, WORDS)
    shelf.write("fleet.pdf", report(author="somebody else"))
    view = views.view(EVERYTHING, "shelf", "fleet.pdf", [span])
    assert (view.kind, view.pages, view.spans[0].boxes) == ("text", [], [])
    assert view.spans[0].text == WORDS
    assert "has changed since it was indexed" in (view.original_problem or "")
    with pytest.raises(OriginalNotShown, match="has changed"):
        views.page(EVERYTHING, "shelf", "fleet.pdf", 1)
    (shelf.folder / "fleet.pdf").unlink()
    problem = views.view(EVERYTHING, "shelf", "fleet.pdf", [span]).original_problem or ""
    assert "cannot be read" in problem
    assert str(shelf.folder) not in problem


def test_an_older_version_shows_its_own_original_only(shelf: Shelf) -> None:
    shelf.write("fleet.pdf", report(pages=2))
    old = shelf.sync()
    views, span = pdf_view(shelf, WORDS)
    shelf.write("fleet.pdf", report(pages=3))
    live = shelf.sync()
    assert views.view(EVERYTHING, "shelf", "fleet.pdf", [span], live.version).page_count == 3
    older = views.view(EVERYTHING, "shelf", "fleet.pdf", [span], old.version)
    assert (older.kind, older.index_version) == ("text", old.version)
    assert "has changed" in (older.original_problem or "")


def test_originals_can_be_switched_off_and_only_pdfs_have_pages(
    make_shelf: Callable[..., Shelf],
) -> None:
    shelf = make_shelf(shown=False)
    shelf.write("fleet.pdf", report())
    shelf.write("a.md", "# A\n\nWords.")
    shelf.sync()
    views, span = pdf_view(shelf, WORDS)
    view = views.view(EVERYTHING, "shelf", "fleet.pdf", [span])
    assert (view.kind, view.spans[0].text) == ("text", WORDS)
    assert "shows no originals" in (view.original_problem or "")
    with pytest.raises(OriginalNotShown, match="shows no originals"):
        views.page(EVERYTHING, "shelf", "fleet.pdf", 1)
    shown = make_shelf()
    assert shown.views.view(EVERYTHING, "shelf", "a.md").original_problem is None
    with pytest.raises(OriginalNotShown, match="only PDFs"):
        shown.views.page(EVERYTHING, "shelf", "a.md", 1)


@contextmanager
def stalled(path: Path) -> Iterator[None]:
    """A named pipe in the place of a file: whoever reads it waits."""
    data = path.read_bytes()
    path.unlink()
    os.mkfifo(path)
    try:
        yield
    finally:
        path.unlink()
        path.write_bytes(data)


def test_a_file_that_takes_too_long_is_left_alone(make_shelf: Callable[..., Shelf]) -> None:
    shelf = make_shelf(timeout_s=2)
    shelf.write("fleet.pdf", report())
    shelf.write("other.pdf", report(author="other"))
    shelf.sync()
    views, span = pdf_view(shelf, WORDS)
    assert views.page(EVERYTHING, "shelf", "other.pdf", 1)
    with ExitStack() as stack:
        stack.enter_context(stalled(shelf.folder / "fleet.pdf"))
        view = views.view(EVERYTHING, "shelf", "fleet.pdf", [span])
    assert view.original_problem == f"{TOO_MUCH}."
    assert view.spans[0].text == WORDS
    # It is not tried again for a while; other files are drawn by a new process.
    assert views.view(EVERYTHING, "shelf", "fleet.pdf", [span]).original_problem == f"{TOO_MUCH}."
    assert views.page(EVERYTHING, "shelf", "other.pdf", 2)


FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>"
IMAGE = (
    b"/Type/XObject/Subtype/Image/Width 60000/Height 60000/ColorSpace/DeviceGray"
    b"/BitsPerComponent 8/Filter/FlateDecode"
)


@pytest.mark.parametrize(
    "data",
    [
        raw(b"/X Do", extra=(stream(b"/X Do /X Do", FORM),)),
        raw(b"600 0 0 600 0 0 cm /X Do", extra=(stream(zlib.compress(bytes(50_000_000), 9), IMAGE),)),
        raw(b"", box="0 0 99999999 99999999"),
        raw(b"", box="0 0 3 90000"),
        raw(b"q " * 500_000),
        raw(b"0 0 m 500 800 l S 0 0 500 800 re f " * 200_000),
    ],
    ids=["endless", "large image", "large page", "thin page", "deep", "many paths"],
)  # fmt: skip
def test_a_pdf_made_to_do_harm_costs_its_own_page(
    make_shelf: Callable[..., Shelf], original: Callable[[bytes], Original], data: bytes
) -> None:
    originals = make_shelf(timeout_s=3).originals
    problem, image = "", None
    try:
        image = Image.open(io.BytesIO(originals.draw(original(data), 1, 3000)))
    except OriginalNotShown as error:
        problem = str(error)
    assert image is not None or problem in (TOO_MUCH, BROKEN)
    assert image is None or image.width * image.height <= 4_100_000
    assert originals.draw(original(report()), 1, 300).startswith(b"\x89PNG")


def test_a_process_that_is_killed_is_replaced(shelf: Shelf) -> None:
    shelf.write("fleet.pdf", report())
    shelf.sync()
    assert shelf.views.page(EVERYTHING, "shelf", "fleet.pdf", 1)
    running = shelf.originals._worker._running
    assert running is not None
    running.process.kill()
    running.process.wait()
    assert shelf.views.page(EVERYTHING, "shelf", "fleet.pdf", 2)


def test_closing_ends_the_process(make_shelf: Callable[..., Shelf]) -> None:
    shelf = make_shelf()
    shelf.write("fleet.pdf", report())
    shelf.sync()
    shelf.views.page(EVERYTHING, "shelf", "fleet.pdf", 1)
    running = shelf.originals._worker._running
    assert running is not None
    shelf.views.close()
    assert running.process.poll() is not None
    with pytest.raises(OriginalNotShown, match="right now"):
        shelf.views.page(EVERYTHING, "shelf", "fleet.pdf", 2)


def test_the_module_that_the_worker_imports_is_light() -> None:
    source = Path(pdf_pages.__file__).read_text("utf-8")
    assert "\nimport pypdfium2" not in source
    assert "\nfrom PIL" not in source


def test_pages_are_for_those_who_may_see_the_document(shelf: Shelf) -> None:
    from pypdf import PdfReader, PdfWriter

    for name, groups in (("hr.pdf", "hr"), ("all.pdf", "")):
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(report())))
        if groups:
            writer.add_metadata({"/groups": groups})
        made = io.BytesIO()
        writer.write(made)
        shelf.write(name, made.getvalue())
    shelf.sync()
    views = shelf.views
    assert views.page(in_groups("hr"), "shelf", "hr.pdf", 1)  # now it is in the cache
    for caller in (in_groups("sales"), in_groups()):
        assert views.page(caller, "shelf", "all.pdf", 1)
        with pytest.raises(Exception, match="may see") as refused:
            views.page(caller, "shelf", "hr.pdf", 1)
        with pytest.raises(Exception, match="may see") as unknown:
            views.page(caller, "shelf", "none.pdf", 1)
        assert str(refused.value) == str(unknown.value)
