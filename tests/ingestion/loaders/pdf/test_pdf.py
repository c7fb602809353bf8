from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from reportlab.lib import pdfencrypt
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import ListFlowable, PageBreak, Paragraph, Table

from evals.benchmarks.documents.pdf.pdf_files import (
    STYLES,
    body,
    built,
    drawn,
    numbered_pages,
    placed,
    with_attachment,
    xfa_form,
)
from ingestion.documents.document import BlockKind, Document
from ingestion.errors import EmptyDocument, UnreadableDocument

PROSE = "The quick brown fox jumps over the lazy dog and greets every one of its neighbours. "


@pytest.fixture
def table_blocks() -> Callable[[Document], list[str]]:
    """The text of a document's tables."""

    def of(document: Document) -> list[str]:
        return [
            document.text[block.start : block.end]
            for block in document.blocks
            if block.kind is BlockKind.TABLE
        ]

    return of


def test_wrapped_lines_are_joined_and_headings_found(loading: Any, outline: Any) -> None:
    data = built(
        Paragraph("Annual Report", STYLES["Title"]),
        Paragraph("Results", STYLES["Heading2"]),
        body(PROSE * 6),
        body(PROSE * 3),
        PageBreak(),
        Paragraph("Outlook", STYLES["Heading2"]),
        body(PROSE * 4),
    )
    document = loading.one("a.pdf", data)
    assert document.title == "Annual Report"
    assert document.metadata["pages"] == 2
    assert outline(document) == [
        ("heading", 1, "Annual Report"),
        ("heading", 2, "Results"),
        ("text", 0, (PROSE * 6).strip()),
        ("text", 0, (PROSE * 3).strip()),
        ("heading", 2, "Outlook"),
        ("text", 0, (PROSE * 4).strip()),
    ]
    assert [block.page for block in document.blocks] == [1, 1, 1, 1, 2, 2]


def test_running_headers_and_page_numbers_are_dropped(loading: Any) -> None:
    def furniture(canvas: Canvas, document: Any) -> None:
        canvas.drawString(72, 800, "Confidential draft")
        canvas.drawCentredString(300, 30, f"Page {document.page} of 4")

    story = [
        piece for number in range(4) for piece in (body(f"{number}. {PROSE * 5}"), PageBreak())
    ]
    document = loading.one("a.pdf", built(*story, on_page=furniture))
    assert document.metadata["pages"] == 4
    assert "Confidential" not in document.text
    assert "Page" not in document.text
    assert document.text.count("quick brown") == 20


def test_what_repeats_is_kept_if_there_is_nothing_else(loading: Any) -> None:
    def draw(canvas: Canvas) -> None:
        for _ in range(4):
            canvas.drawString(72, 800, "Background")
            canvas.showPage()

    assert loading.one("a.pdf", drawn(draw)).text.count("Background") == 4


def test_hyphenation_is_undone_but_compounds_stay(loading: Any) -> None:
    lines = [
        "This is a long line of plain text that describes the neigh-",
        "bourhood and everything in it, and also that it is a well-",
        "known place with many old houses and gardens, but not the",
        "end.",
    ]

    def draw(canvas: Canvas) -> None:
        text = canvas.beginText(72, 700)
        text.textLines(lines)
        canvas.drawText(text)

    text = loading.one("a.pdf", drawn(draw)).text
    assert "the neighbourhood and" in text
    assert "a well-known place" in text
    assert "\n" not in text


def test_lists_keep_one_line_per_item(loading: Any) -> None:
    items = [body("first item"), body("second item")]
    data = built(body(PROSE * 3), ListFlowable(items, bulletType="bullet"), body(PROSE * 3))
    text = loading.one("a.pdf", data).text
    assert "\n\n- first item\n- second item\n\n" in text


def test_plain_tables_are_recovered(loading: Any, table_header: Any) -> None:
    rows = [["Region", "Cost", "Gain"], ["North", "100", "1.5%"], ["South", "2,000", "3%"]]
    document = loading.one("a.pdf", built(body(PROSE * 3), Table(rows), body(PROSE * 3)))
    assert (
        "| Region | Cost | Gain |\n| --- | --- | --- |\n"
        "| North | 100 | 1.5% |\n| South | 2,000 | 3% |"
    ) in document.text
    assert table_header(document) == "| Region | Cost | Gain |\n| --- | --- | --- |\n"


def test_columns_are_read_one_after_the_other(loading: Any) -> None:
    left = ["This is the left one of the columns", "and its text goes on over a few", "lines here."]
    right = ["This is the right one of the columns", "which says other things over a", "few lines."]

    def draw(canvas: Canvas) -> None:
        for number, pair in enumerate(zip(left, right, strict=True)):
            for x, line in zip((60, 320), pair, strict=True):
                canvas.drawString(x, 700 - 14 * number, line)

    text = loading.one("a.pdf", drawn(draw)).text
    assert text.index("lines here.") < text.index("This is the right")


def test_the_outline_gives_levels(loading: Any, outline: Any) -> None:
    def draw(canvas: Canvas) -> None:
        for place, (level, title) in enumerate([(0, "Part One"), (1, "Details")]):
            canvas.bookmarkPage(title)
            canvas.addOutlineEntry(title, title, level)
            canvas.setFont("Helvetica-Bold", 12)
            canvas.drawString(72, 750 - 200 * place, f"{place + 1} {title}")
            canvas.setFont("Helvetica", 12)
            canvas.drawString(72, 700 - 200 * place, PROSE[:70])

    headings = [block for block in outline(loading.one("a.pdf", drawn(draw))) if block[1]]
    assert headings == [("heading", 1, "1 Part One"), ("heading", 2, "2 Details")]


@pytest.mark.parametrize(
    ("stated", "title"),
    [
        ("A Study of Foxes", "A Study of Foxes"),
        ("untitled", "My scan"),
        ("Microsoft Word - x.doc", "My scan"),
        ("my-scan", "My scan"),
        ("my_scan.pdf", "My scan"),
    ],
)
def test_a_sensible_stated_title_is_used(loading: Any, stated: str, title: str) -> None:
    assert loading.one("my_scan.pdf", built(body(PROSE * 3), title=stated)).title == title


def test_properties_become_metadata(loading: Any) -> None:
    data = built(body(PROSE), author="Ann", subject="Foxes", keywords="a, b")
    metadata = loading.one("a.pdf", data).metadata
    assert metadata["author"] == "Ann"
    assert metadata["subject"] == "Foxes"
    assert metadata["keywords"] == ["a", "b"]
    assert metadata["created"][:2] == "20"
    assert "T" in metadata["created"]
    assert not {"producer", "creator"} & set(metadata)


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_turned_pages_are_read(loading: Any, angle: int) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.translate(300, 450)
        canvas.rotate(angle)
        text = canvas.beginText(0, 0)
        text.textLines(["The first line of a turned page, which is rather long,", "goes on."])
        canvas.drawText(text)

    expected = "The first line of a turned page, which is rather long, goes on."
    assert loading.one("a.pdf", drawn(draw)).text == expected


def test_an_encrypted_file_says_so(loading: Any) -> None:
    data = drawn(
        lambda canvas: canvas.drawString(72, 700, "secret"),
        encrypt=pdfencrypt.StandardEncryption("user", "owner"),
    )
    with pytest.raises(UnreadableDocument, match=r"a\.pdf: is encrypted; remove the password"):
        loading.one("a.pdf", data)


def test_an_empty_user_password_is_tried(loading: Any) -> None:
    data = drawn(
        lambda canvas: canvas.drawString(72, 700, "Open to all"),
        encrypt=pdfencrypt.StandardEncryption("", "owner"),
    )
    assert loading.one("a.pdf", data).text == "Open to all"


def test_a_scan_asks_for_ocr(loading: Any) -> None:
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    image = ImageReader(Image.new("L", (20, 20), 128))
    data = drawn(lambda canvas: canvas.drawImage(image, 72, 600))
    with pytest.raises(EmptyDocument, match=r"a\.pdf: its pages hold only images; run OCR"):
        loading.one("a.pdf", data)


def test_blank_pages_are_empty(loading: Any) -> None:
    with pytest.raises(EmptyDocument, match="nothing written"):
        loading.one("a.pdf", drawn(lambda canvas: canvas.showPage()))


def test_pages_that_cannot_be_read_are_named(loading: Any) -> None:
    def draw(canvas: Canvas) -> None:
        for number in range(3):
            canvas.drawString(72, 700, f"Page number {'abc'[number]}")
            canvas.showPage()

    data = drawn(draw, pageCompression=0)
    kids = data[data.index(b"/Kids [ ") + 8 :].split(b" ]")[0].split(b" R")
    second = kids[1].strip() + b" R"
    broken = data.replace(b"\n" + second.replace(b" R", b" obj"), b"\n" + b"99 0 obj")
    document = loading.one("a.pdf", broken.replace(b"xref", b"xxxx"))
    assert document.metadata["unreadable_pages"] == ["2"]
    assert document.text == "Page number a\n\nPage number c"


def test_japanese_is_read(loading: Any) -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))

    def draw(canvas: Canvas) -> None:
        canvas.setFont("HeiseiMin-W3", 12)
        canvas.drawString(72, 700, "日本語の文書です")
        canvas.drawString(72, 680, "二行目")

    text = loading.one("a.pdf", drawn(draw)).text
    assert text.startswith("日本語の文書です")
    assert "二行目" in text


def test_a_table_of_contents_is_no_table(loading: Any, outline: Any) -> None:
    entries = [["Introduction", "1"], ["Methods", "4"], ["Results", "9"]]
    kinds = {kind for kind, _, _ in outline(loading.one("a.pdf", built(Table(entries))))}
    assert kinds == {"text"}


@pytest.mark.parametrize("repeated", [0, 1])
@pytest.mark.parametrize("bold", [True, False])
def test_a_table_over_pages_has_its_header_on_each(
    loading: Any, table_blocks: Any, repeated: int, bold: bool
) -> None:
    rows = [[f"A-{1000 + row}", f"Customer {row}", f"{row}.50"] for row in range(100)]
    style = [("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold")] if bold else []
    header = ["Order", "Customer", "Amount"]
    data = built(Table([header, *rows], repeatRows=repeated, style=style))
    tables = table_blocks(loading.one("a.pdf", data))
    assert len(tables) == 3
    for table in tables:
        assert table.startswith("| Order | Customer | Amount |\n| --- | --- | --- |\n| A-1")
        assert table.count("Order") == 1


def test_rows_of_text_are_not_repeated_as_a_header(loading: Any) -> None:
    rows = [[f"Town {row}", f"Street of {row}", f"Name {row}"] for row in range(100)]
    text = loading.one("a.pdf", built(Table(rows, colWidths=[100] * 3))).text
    assert [text.count(f"Town {row} ") for row in range(100)] == [1] * 100


def test_an_xfa_form_is_refused_with_advice(loading: Any) -> None:
    with pytest.raises(UnreadableDocument, match=r"a\.pdf: is an XFA form.*print it to a PDF"):
        loading.one("a.pdf", xfa_form("Please wait for the content"))


def test_attachments_are_named(loading: Any) -> None:
    document = loading.one("a.pdf", with_attachment("See the file", "figures.csv"))
    assert document.metadata["attachments"] == ["figures.csv"]
    assert document.text == "See the file"


def test_a_page_number_needs_a_second_page(loading: Any) -> None:
    text = loading.one("a.pdf", numbered_pages(1, "", "{page}", lambda page: PROSE)).text
    assert text.endswith("\n\n1")
    text = loading.one("a.pdf", numbered_pages(2, "", "{page}", lambda page: PROSE)).text
    assert "1" not in text


def test_lines_that_differ_in_two_numbers_are_no_running_lines(loading: Any) -> None:
    data = numbered_pages(5, "", "Total of page {page} is {page}00", lambda page: PROSE)
    assert loading.one("a.pdf", data).text.count("Total of page") == 5


def test_notes_are_distinguished_from_powers(loading: Any) -> None:
    pieces = [
        (60, 700, 10, "Sales of 1,250"), (126, 704, 6, "1"), (131, 700, 10, "tons on 5 m"),
        (182, 704, 6, "2"), (60, 100, 6, "1"), (64, 97, 8, "Without taxes."),
    ]  # fmt: skip
    text = loading.one("a.pdf", placed(pieces)).text
    assert text == "Sales of 1,250[^1] tons on 5 m^2\n\n[^1]: Without taxes."


def test_a_number_alone_is_no_heading(loading: Any, outline: Any) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 30)
        canvas.drawString(72, 600, "42")
        canvas.setFont("Helvetica", 10)
        canvas.drawString(72, 500, PROSE)

    assert [kind for kind, _, _ in outline(loading.one("a.pdf", drawn(draw)))] == ["text", "text"]
