"""PDFs of the kinds that are hard to read, built in code."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText, Text
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table

from evals.benchmarks.documents.built import Input

STYLES = getSampleStyleSheet()
FONT = "Helvetica"
GRID = ("GRID", (0, 0), (-1, -1), 0.5, "black")


def pdf_input(
    kind: str,
    data: bytes,
    present: tuple[str, ...],
    *,
    absent: tuple[str, ...] = (),
    dropped: tuple[str, ...] = (),
) -> Input:
    """A PDF as an input; where its lines break says nothing."""
    return Input(kind, "a.pdf", data, present, absent, dropped, wrapped=True)


def drawn(draw: Callable[[Canvas], None], **options: object) -> bytes:
    """A PDF drawn on a canvas."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, **options)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def built(
    *story: Flowable, on_page: Callable[..., None] = lambda *_: None, **info: object
) -> bytes:
    """A PDF laid out from paragraphs and tables."""
    buffer = io.BytesIO()
    document = SimpleDocTemplate(buffer, **info)
    document.build(list(story), onFirstPage=on_page, onLaterPages=on_page)
    return buffer.getvalue()


def body(text: str) -> Paragraph:
    """A paragraph of plain text."""
    return Paragraph(text, STYLES["BodyText"])


def table(rows: Sequence[Sequence[str]], widths: Sequence[float], **options: object) -> Table:
    """A table, its cells wrapped; `style` and `repeatRows` as ReportLab knows them."""
    cells = [[Paragraph(cell, STYLES["BodyText"]) for cell in row] for row in rows]
    return Table(cells, colWidths=list(widths), **options)


def operators(*lines: str) -> Callable[[Canvas], None]:
    """Draws content-stream operators as they stand; the font /F1 is Helvetica."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont(FONT, 10)
        canvas._code.extend(lines)

    return draw


def letter_spaced(lines: Sequence[str], gap: float, how: str, size: float = 10) -> bytes:
    """Lines whose letters stand `gap` points apart.

    Args:
        lines: of text.
        gap: in points.
        how: `Tc` (character spacing), `TJ` (every letter kerned), `Td` (every letter placed, no
            spaces), `Td spaces` (every letter placed, spaces too), `cancelled` (kerning that the
            character spacing takes back, so that letters stand as usual).
        size: of the font, in points.
    """

    def draw(canvas: Canvas) -> None:
        for number, line in enumerate(lines):
            y = 760 - 2 * size * number
            canvas.setFont(FONT, size)
            if how.startswith("Td"):
                x = 60.0
                for letter in line:
                    if letter != " " or how == "Td spaces":
                        canvas.drawString(x, y, letter)
                    x += stringWidth(letter, FONT, size) + gap
                continue
            kern = 1000 * gap / size
            spaced = -gap if how == "cancelled" else gap
            operators = f"{spaced} Tc ({line}) Tj"
            if how in ("TJ", "cancelled"):
                letters = " ".join(f"({letter}) {-kern:.1f}" for letter in line)
                operators = f"{-gap if how == 'cancelled' else 0} Tc [{letters}] TJ"
            canvas._code.append(f"BT /F1 {size} Tf 60 {y} Td {operators} 0 Tc ET")

    return drawn(draw)


def placed(pieces: Sequence[tuple[float, float, float, str]], **options: object) -> bytes:
    """Pieces of text at their places, drawn in this order: x, y, size, text."""

    def draw(canvas: Canvas) -> None:
        for x, y, size, text in pieces:
            canvas.setFont(FONT, size)
            canvas.drawString(x, y, text)

    return drawn(draw, **options)


def rotated(lines: Sequence[str], page: int, text: int) -> bytes:
    """Lines on a page with /Rotate `page`, themselves turned by `text` degrees."""

    def draw(canvas: Canvas) -> None:
        canvas.translate(300, 420)
        canvas.rotate(text)
        canvas.setFont(FONT, 11)
        for number, line in enumerate(lines):
            canvas.drawString(-150, 100 - 30 * number, line)

    writer = changed_pdf(drawn(draw))
    writer.pages[0].rotate(page)
    return written(writer)


def form(fields: Sequence[tuple[str, str]], *, ticked: bool, sex: str, size: str) -> bytes:
    """A filled form: text fields with labels to the left, a box, radio buttons, a list."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont(FONT, 11)
        y = 740
        for label, value in fields:
            canvas.drawString(60, y, f"{label}:")
            canvas.acroForm.textfield(name=label, value=value, x=200, y=y - 6, width=250, height=20)
            y -= 40
        canvas.acroForm.checkbox(name="consent", checked=ticked, x=60, y=y - 4, size=14)
        canvas.drawString(82, y, "I agree to the terms")
        y -= 40
        for choice, label in (("f", "female"), ("m", "male")):
            canvas.acroForm.radio(
                name="sex", value=choice, selected=choice == sex, x=60, y=y - 4, size=14
            )
            canvas.drawString(82, y, label)
            y -= 24
        canvas.drawString(60, y - 20, "Size:")
        canvas.acroForm.choice(
            name="size",
            value=size,
            options=["small", "medium", "large"],
            x=200,
            y=y - 26,
            width=100,
            height=20,
        )

    return drawn(draw)


def annotated(text: str, *, typed: str, stamp: str, comment: str) -> bytes:
    """A page with a typed note (FreeText), a stamp with its own appearance, and a comment."""
    page = drawn(lambda canvas: canvas.drawString(60, 740, text))
    writer = changed_pdf(page)
    writer.add_annotation(0, FreeText(text=typed, rect=(60, 650, 300, 670)))
    writer.add_annotation(0, Text(text=comment, rect=(400, 650, 420, 670)))
    appearance = StreamObject()
    appearance.set_data(f"BT /F1 18 Tf 5 8 Td ({stamp}) Tj ET".encode())
    appearance.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): ArrayObject(map(FloatObject, (0, 0, 200, 30))),
            NameObject("/Resources"): writer.pages[0]["/Resources"],
        }
    )
    writer.add_annotation(
        0,
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Annot"),
                NameObject("/Subtype"): NameObject("/Stamp"),
                NameObject("/F"): NumberObject(4),
                NameObject("/Rect"): ArrayObject(map(FloatObject, (60, 560, 260, 590))),
                NameObject("/AP"): DictionaryObject(
                    {NameObject("/N"): writer._add_object(appearance)}
                ),
            }
        ),
    )
    return written(writer)


def numbered_pages(count: int, header: str, footer: str, text: Callable[[int], str]) -> bytes:
    """Pages with a header and a footer, in which `{page}` and `{count}` are filled in."""

    def draw(canvas: Canvas) -> None:
        for page in range(1, count + 1):
            canvas.setFont(FONT, 10)
            canvas.drawString(60, 805, header.format(page=page, count=count))
            canvas.drawString(280, 30, footer.format(page=page, count=count))
            for number, line in enumerate(text(page).split("\n")):
                canvas.drawString(60, 740 - 14 * number, line)
            canvas.showPage()

    return drawn(draw)


def xfa_form(text: str) -> bytes:
    """A dynamic XFA form, whose page holds only the advice to use another program."""
    writer = changed_pdf(placed([(60, 700, 10, text)]))
    packet = StreamObject()
    packet.set_data(b'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template/></xdp:xdp>')
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject(
        {
            NameObject("/Fields"): ArrayObject(),
            NameObject("/XFA"): writer._add_object(packet),
        }
    )
    writer.root_object[NameObject("/NeedsRendering")] = BooleanObject(True)
    return written(writer)


def with_attachment(text: str, name: str) -> bytes:
    """A page with an embedded file."""
    writer = changed_pdf(placed([(60, 700, 10, text)]))
    writer.add_attachment(name, b"a,b")
    return written(writer)


def layered(hidden: str, shown: str) -> bytes:
    """A page with two layers, the first of them switched off."""
    writer = changed_pdf(
        drawn(
            operators(
                f"/OC /L0 BDC BT /F1 10 Tf 60 700 Td ({hidden}) Tj ET EMC",
                f"/OC /L1 BDC BT /F1 10 Tf 60 680 Td ({shown}) Tj ET EMC",
            )
        )
    )
    groups = ArrayObject(
        writer._add_object(
            DictionaryObject(
                {
                    NameObject("/Type"): NameObject("/OCG"),
                    NameObject("/Name"): TextStringObject(f"Layer {number}"),
                }
            )
        )
        for number in range(2)
    )
    resources = writer.pages[0]["/Resources"]
    assert isinstance(resources, DictionaryObject)
    resources[NameObject("/Properties")] = DictionaryObject(
        {NameObject("/L0"): groups[0], NameObject("/L1"): groups[1]}
    )
    writer.root_object[NameObject("/OCProperties")] = DictionaryObject(
        {
            NameObject("/OCGs"): groups,
            NameObject("/D"): DictionaryObject({NameObject("/OFF"): ArrayObject([groups[0]])}),
        }
    )
    return written(writer)


def changed_pdf(data: bytes) -> PdfWriter:
    """A PDF to be changed and then `written`."""
    return PdfWriter(clone_from=PdfReader(io.BytesIO(data)))


def tagged(*lines: str) -> bytes:
    """A PDF that says that its content is marked, drawn by operators."""
    writer = changed_pdf(drawn(operators(*lines)))
    writer.root_object[NameObject("/MarkInfo")] = DictionaryObject(
        {NameObject("/Marked"): BooleanObject(True)}
    )
    writer.root_object[NameObject("/StructTreeRoot")] = DictionaryObject(
        {NameObject("/Type"): NameObject("/StructTreeRoot")}
    )
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    """The bytes of a PDF."""
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()
