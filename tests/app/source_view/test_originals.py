"""Original PDFs of cited documents: which are shown, to whom, and what a hostile one costs."""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from PIL import Image

from app.errors import OriginalNotShown
from app.source_view.originals import TOO_MUCH
from app.source_view.pdf_pages import BROKEN, Original
from app.source_view.source_view import Span
from app.source_view.source_views import SourceViews
from tests.app.source_view.conftest import EVERYTHING, Shelf, in_groups
from tests.app.source_view.pdfs import raw, report, stream


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
    """A named pipe in the place of a file: its reader waits."""
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
