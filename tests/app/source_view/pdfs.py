"""PDFs that tests make."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pypdf import PdfReader, PdfWriter
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table, TableStyle

LONG = (
    "The regional maintenance department inspects every refrigeration unit of the fleet before the "
    "summer, and writes down the temperature of the compressor, of the condenser and of the cargo "
    "space; a unit that is warmer than allowed is taken out of service until it has been repaired."
)
ROWS = [
    ["Class", "Name", "Permitted range", "Tolerance time"],
    [
        "A",
        "Deep-frozen goods that are carried in closed compartments",
        "-28 °C to -20 °C",
        "25 min",
    ],
    ["B", "Frozen goods", "-24 °C to -18 °C", "20 min"],
    ["C", "Chilled goods", "0 °C to +4 °C", "20 min"],
]


def report(*, pages: int = 2, rotate: int = 0, author: str = "") -> bytes:
    """A report of some pages, each with a paragraph and a table; the pages may be turned."""
    styles = getSampleStyleSheet()
    story = []
    for number in range(1, pages + 1):
        table = Table(
            [[Paragraph(cell, styles["BodyText"]) for cell in row] for row in ROWS],
            colWidths=[40, 140, 110, 90],
        )
        table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black)]))
        story += [
            Paragraph(f"Part {number}: units", styles["Heading1"]),
            Paragraph(
                f"{LONG} The mass is 10<super>6</super> kg on page {number}.", styles["BodyText"]
            ),
            table,
            PageBreak(),
        ]
    made = io.BytesIO()
    SimpleDocTemplate(made, pagesize=A4, title="Fleet report", author=author).build(story)
    return turned(made.getvalue(), rotate) if rotate else made.getvalue()


def turned(data: bytes, by: int) -> bytes:
    """A PDF with every page turned clockwise by so many degrees."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    for page in writer.pages:
        page.rotate(by)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def lines_at(lines: Sequence[tuple[float, float, str]], size: tuple[float, float] = A4) -> bytes:
    """One page with lines of text at places: x, y in points, and the text."""
    made = io.BytesIO()
    canvas = Canvas(made, pagesize=size)
    canvas.setFont("Helvetica", 12)
    for x, y, text in lines:
        canvas.drawString(x, y, text)
    canvas.showPage()
    canvas.save()
    return made.getvalue()


def raw(content: bytes, *, box: str = "0 0 595 842", extra: tuple[bytes, ...] = ()) -> bytes:
    """A PDF of one page, written object by object: what no program would write.

    Args:
        content: of the page; `X` in it names the first of the extra objects.
        box: of the page.
        extra: objects from number 5 on.
    """
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>"
        % box.encode(),
        stream(content),
        *extra,
    ]
    written, starts = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        starts.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    return written + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (len(objects) + 1, table, len(objects) + 1, len(written))
    )


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data), entries, data)
