"""Samples of the kinds of PDFs that are hard to read, each with what its text must say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pypdf.generic import FloatObject, NameObject, RectangleObject
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table

from tests.ingestion.loaders.pdf.made import (
    FONT,
    GRID,
    annotated,
    body,
    built,
    changed_pdf,
    drawn,
    form,
    layered,
    letter_spaced,
    numbered_pages,
    operators,
    placed,
    rotated,
    table,
    tagged,
    written,
)


@dataclass(frozen=True, slots=True)
class Made:
    """A PDF and what its text must say.

    Attributes:
        says: passages that stand in the text in this order, white space apart.
        lacks: what must not stand in it.
        dropped: words left out and counted.
    """

    name: str
    data: bytes
    says: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def samples() -> Iterator[Made]:
    """All kinds, with their right values."""
    yield from _letters()
    yield from _scripts()
    yield from _tables()
    yield from _pages()
    yield from _forms()
    yield from _orders()


_TORN = ("International operations grew to 5,899 million", "Revenue 12,345 7,001 in the year 2024")


def _letters() -> Iterator[Made]:
    for how, gap in (
        ("Tc", 1.5), ("Tc", 4), ("TJ", 1), ("TJ", 2), ("TJ", 3.5), ("Td", 0), ("Td", 1.5),
        ("Td", 2), ("Td", 3), ("Td spaces", 2), ("Td spaces", 3), ("cancelled", 3),
    ):  # fmt: skip
        yield Made(f"letters {how} {gap}", letter_spaced(_TORN, gap, how), _TORN)
    yield Made(
        "hyphens",
        placed(
            [(60, 700, 10, "The whole neigh-"), (60, 686, 10, "bourhood knows it well by now.")]
        ),
        ("The whole neighbourhood knows",),
    )
    yield Made(
        "actual text",
        drawn(operators("BT /F1 10 Tf 60 700 Td (The o) Tj /Span <</ActualText (ffi)>> BDC (#) Tj "
                        "EMC (ce is open) Tj ET")),
        ("The office is open",),
    )  # fmt: skip
    yield Made(
        "printed twice",
        placed([(60, 700, 10, "Net result 42"), (60.3, 700, 10, "Net result 42")]),
        ("Net result 42",),
        lacks=("42 Net", "42 42"),
    )
    yield Made(
        "scanned",
        drawn(operators("BT 3 Tr /F1 10 Tf 60 700 Td (Words under a scan) Tj ET")),
        ("Words under a scan",),
    )


def _scripts() -> Iterator[Made]:
    yield Made(
        "scripts",
        built(
            body("The sample held 5 × 10<super>6</super> cells in 12 m<super>3</super> of air."),
            body("CO<sub>2</sub> stays below 800 ppm; H<sub>2</sub>O is added by the plants."),
            body(
                "The result of 2021<super>4</super> is provisional, and so is 10<super>-9</super> s."
            ),
        ),
        (
            "5 × 10^6 cells in 12 m^3 of air.",
            "CO2 stays below 800 ppm; H2O is added by the plants.",
            "The result of 2021[^4] is provisional, and so is 10^-9 s.",
        ),
    )


_SERVICES = (
    ("Service", "Description", "Limit"),
    (
        "Mail",
        "Letters to customers abroad and at home, up to the weight in the contract",
        "200 a day",
    ),
    ("Fax", "", "none"),
    ("Courier", "Collection of parcels at the gate, every weekday at four o'clock", "5 a day"),
)
_SERVICE_ROWS = (
    "| Service | Description | Limit |",
    f"| Mail | {_SERVICES[1][1]} | 200 a day |",
    "| Fax | | none |",
    f"| Courier | {_SERVICES[3][1]} | 5 a day |",
)


def _tables() -> Iterator[Made]:
    yield Made(
        "ruled cells of several lines",
        built(table(_SERVICES, (80, 180, 80), style=[GRID])),
        _SERVICE_ROWS,
    )
    yield Made(
        "cells of several lines without rules",
        built(table(_SERVICES, (80, 180, 80), style=[("VALIGN", (0, 0), (-1, -1), "TOP")])),
        _SERVICE_ROWS,
    )
    towns = [(f"Town {row}", f"{row} km", f"{row * 3}.50") for row in range(6)]
    lines = [("BOX", (0, 0), (-1, -1), 1, "black"), ("LINEBELOW", (0, 0), (-1, 0), 1, "black")]
    lines += [("LINEAFTER", (column, 0), (column, -1), 1, "black") for column in (0, 1)]
    yield Made(
        "rows without lines between them",
        built(Table([("Place", "Way", "Fare"), *towns], style=lines)),
        ("| Place | Way | Fare |", *(f"| {' | '.join(town)} |" for town in towns)),
    )
    orders = [(f"A-{1000 + row}", f"Customer {row}", f"{7.5 + 13 * row:.2f}") for row in range(90)]
    header = ("Order", "Customer", "Amount")
    for repeated in (0, 1):
        rows = Table([header, *orders], colWidths=[90, 200, 80], repeatRows=repeated)
        yield Made(
            f"table over pages {repeated}",
            built(rows),
            tuple(
                f"| A-{1000 + row} | Customer {row} | {7.5 + 13 * row:.2f} |" for row in range(90)
            ),
        )
    statement = "\n".join
    yield Made(
        "rows at the edges of pages",
        numbered_pages(
            5, "", "Statement 7, page {page} of {count}",
            lambda page: statement(
                f"{70000 + 50 * page + row}     {row % 28 + 1:02}.0{page}.2026     {row + 100 * page}.50"
                for row in range(50)
            ),
        ),
        tuple(f"{70000 + 50 * page + row} " for page in range(1, 6) for row in range(50)),
        lacks=("Statement 7",),
        dropped=("running headers, footers and page numbers: 30 words",),
    )  # fmt: skip

    clause = "Words of clause {} are many and go on. " * 12
    clauses = [(f"No {number}", clause.replace("{}", str(number))) for number in range(14)]
    yield Made(
        "repeated header above a long row",
        built(table([("Clause", "Text"), *clauses], (60, 300), style=[GRID], repeatRows=1)),
        tuple(f"| No {number} | Words of clause {number} are" for number in range(14)),
    )
    yield Made(
        "sums carried over",
        drawn(_statement),
        tuple(
            passage
            for page in range(4)
            for passage in (
                f"Balance brought forward {520 * page}.00",
                "| Date | Text | Amount |",
                f"| 01.0{page + 1}.2026 | Payment {40 * page} | {280 * page}.50 |",
                f"Balance carried forward {520 * page + 520}.00",
            )
        ),
        lacks=("Bank of Oslo", "/4"),
        dropped=("running headers, footers and page numbers: 28 words",),
    )
    yield Made(
        "names of columns written upwards",
        drawn(_upward_names),
        ("| Na | Qty | Sum |", "| Nut | 400 | 1.50 |", "| Bolt | 900 | 2.75 |"),
    )


def _statement(canvas: Canvas) -> None:
    for page in range(4):
        canvas.setFont(FONT, 10)
        canvas.drawString(60, 800, "Bank of Oslo")
        canvas.drawString(300, 800, "Account 88-120")
        canvas.drawString(480, 800, f"Page {page + 1}/4")
        for y, text, amount in ((770, "brought", 520 * page), (60, "carried", 520 * page + 520)):
            canvas.drawString(60, y, f"Balance {text} forward")
            canvas.drawString(400, y, f"{amount}.00")
        rows = [("Date", "Text", "Amount")]
        for number in range(40 * page, 40 * page + 40):
            date = f"{number % 40 % 28 + 1:02}.0{page + 1}.2026"
            rows.append((date, f"Payment {number}", f"{7 * number}.50"))
        for place, row in enumerate(rows):
            for x, cell in zip((60, 150, 400), row, strict=True):
                canvas.drawString(x, 750 - 16 * place, cell)
        canvas.showPage()


def _upward_names(canvas: Canvas) -> None:
    canvas.setFont(FONT, 9)
    for x in (60, 140, 220, 300):
        canvas.line(x, 600, x, 700)
    for y in (600, 620, 640, 700):
        canvas.line(60, y, 300, y)
    for place, name in enumerate(("Na", "Qty", "Sum")):
        canvas.saveState()
        canvas.translate(100 + 80 * place, 645)
        canvas.rotate(90)
        canvas.drawString(0, 0, name)
        canvas.restoreState()
    for y, row in ((625, ("Nut", "400", "1.50")), (605, ("Bolt", "900", "2.75"))):
        for place, cell in enumerate(row):
            canvas.drawString(65 + 80 * place, y, cell)


def _slides(canvas: Canvas) -> None:
    for number in range(6):
        canvas.setFont("Helvetica-Bold", 28)
        canvas.drawString(60, 760, "Results" if number < 4 else "Outlook")
        canvas.setFont(FONT, 14)
        for point in range(6):
            canvas.drawString(80, 700 - 40 * point, f"Point {point} of slide {number} is shown")
        canvas.setFont(FONT, 8)
        canvas.drawString(60, 20, "Berg & Co. confidential")
        canvas.drawString(500, 20, str(number + 1))
        canvas.saveState()
        canvas.translate(200, 300)
        canvas.rotate(45)
        canvas.drawString(0, 0, "DRAFT")
        canvas.restoreState()
        canvas.showPage()


def _pages() -> Iterator[Made]:
    yield Made(
        "titles of slides",
        drawn(_slides),
        tuple(
            passage
            for number in range(6)
            for passage in (
                "Results" if number < 4 else "Outlook",
                f"Point 0 of slide {number} is shown",
            )
        ),
        lacks=("confidential", "DRAFT"),
        dropped=("running headers, footers and page numbers: 36 words",),
    )
    lines = (
        "Shift plan of the foundry",
        "Early shift begins at 5:40.",
        "Late shift begins at 13:40.",
    )
    for page, text in (
        (90, 0),
        (180, 0),
        (270, 0),
        (90, 90),
        (270, 270),
        (0, 90),
        (0, 45),
        (0, 180),
    ):
        yield Made(f"rotated {page} {text}", rotated(lines, page, text), lines)
    yield Made(
        "sideways note",
        drawn(operators(
            "BT /F1 10 Tf 60 700 Td (Upright text of this page) Tj ET",
            "BT /F1 10 Tf 0 1 -1 0 560 300 Tm (A note along the edge) Tj ET",
            "BT /F1 10 Tf 60 686 Td (goes on below the first line.) Tj ET",
        )),
        ("Upright text of this page goes on below", "A note along the edge"),
    )  # fmt: skip
    yield Made(
        "outside the page",
        placed(
            [(60, 700, 10, "Inside the page"), (60, -90, 10, "Cut off"), (900, 700, 10, "Slug")]
        ),
        ("Inside the page",),
        lacks=("Cut off", "Slug"),
        dropped=("hidden by the author: 3 words",),
    )
    yield Made(
        "white on white",
        drawn(operators("BT /F1 10 Tf 60 700 Td (Seen) Tj 1 1 1 rg 0 -14 Td (and unseen) Tj ET")),
        ("Seen", "and unseen"),
    )
    yield Made(
        "tagged running header",
        tagged(
            "/Artifact <</Type /Pagination /Subtype /Header>> BDC BT /F1 10 Tf 60 800 Td "
            "(Draft of Monday) Tj ET EMC",
            "/P <</MCID 0>> BDC BT /F1 10 Tf 60 700 Td (The text of the page) Tj ET EMC",
        ),
        ("The text of the page",),
        lacks=("Draft",),
        dropped=("running headers, footers and page numbers: 3 words",),
    )

    yield Made(
        "layers",
        layered("Words of a layer that is off", "Words of a layer that is on"),
        ("Words of a layer that is on",),
        lacks=("off",),
        dropped=("hidden by the author: 7 words",),
    )
    changed = changed_pdf(placed([(60, 700, 10, "Inside"), (60, 50, 10, "Below the cut")]))
    changed.pages[0].cropbox = RectangleObject((0, 300, 595, 842))
    yield Made(
        "cropped",
        written(changed),
        ("Inside",),
        lacks=("Below",),
        dropped=("hidden by the author: 3 words",),
    )
    changed = changed_pdf(placed([(60, 700, 10, "A large page"), (60, 688, 10, "of large units")]))
    changed.pages[0][NameObject("/UserUnit")] = FloatObject(4)
    yield Made("user unit", written(changed), ("A large page of large units",))


def _forms() -> Iterator[Made]:
    fields = (
        ("Applicant", "Marit Solberg"),
        ("Licence plate", "KV 38215"),
        ("Valid from", "1 May"),
    )
    yield Made(
        "form",
        form(fields, ticked=True, sex="m", size="medium"),
        (
            "Applicant: Marit Solberg", "Licence plate: KV 38215", "Valid from: 1 May",
            "[x] I agree to the terms", "[ ] female", "[x] male", "Size: medium",
        ),
    )  # fmt: skip
    yield Made(
        "annotations",
        annotated("Invoice 17", typed="Paid in cash", stamp="RECEIVED", comment="Is it so?"),
        ("Invoice 17", "Paid in cash", "RECEIVED"),
        lacks=("Is it so",),
        dropped=("comments of reviewers: 3 words",),
    )

    yield Made(
        "labels above fields",
        drawn(_form_with_labels_above),
        ("Name Ada Lovelace", "Town London", "Remarks of the customer: No sugar", "The end"),
    )


def _form_with_labels_above(canvas: Canvas) -> None:
    canvas.setFont(FONT, 10)
    for x, label, value in ((60, "Name", "Ada Lovelace"), (300, "Town", "London")):
        canvas.drawString(x, 750, label)
        canvas.acroForm.textfield(name=label[:1], value=value, x=x, y=725, width=200, height=18)
    canvas.acroForm.textfield(
        name="r",
        tooltip="Remarks of the customer",
        value="No sugar",
        x=60,
        y=640,
        width=300,
        height=18,
    )
    canvas.drawString(60, 600, "The end")


def _orders() -> Iterator[Made]:
    yield Made(
        "headings drawn last",
        placed([
            (60, 700, 11, "Open from ten to six, closed on Mondays."),
            (60, 640, 11, "Adults pay 9 euros, children 4 euros."),
            (60, 720, 14, "Opening hours"),
            (60, 660, 14, "Prices"),
            (60, 770, 22, "Maritime Museum"),
        ]),
        ("Maritime Museum", "Opening hours", "Open from ten", "Prices", "Adults pay 9"),
    )  # fmt: skip
    left = [f"The left column says this in its line number {number}" for number in range(6)]
    right = [f"And the right column says that in line number {number}" for number in range(6)]
    columns = [
        (x, 740 - 14 * number, 9, text)
        for x, column in ((60, left), (330, right))
        for number, text in enumerate(column)
    ]
    words = (" ".join(left), " ".join(right))
    yield Made("columns", placed(columns), words)
    yield Made("right column first", placed([*columns[6:], *columns[:6]]), words)
    yield Made("from the bottom up", placed(columns[::-1]), words)
    yield Made(
        "across the columns",
        placed([piece for pair in zip(columns[:6], columns[6:], strict=True) for piece in pair]),
        words,
    )
    labels = (("Invoice", "2024-17"), ("Customer", "Berg & Co."), ("Due", "1 May 2026"))
    drawn_apart = [
        (x, 700 - 16 * number, 10, pair[side])
        for side, x in enumerate((60, 200))
        for number, pair in enumerate(labels)
    ]
    yield Made(
        "labels and then values",
        placed(drawn_apart),
        ("Invoice", "2024-17", "Customer", "Berg & Co.", "Due", "1 May 2026"),
    )
