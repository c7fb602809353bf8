"""PDFs with tables: cells of several lines, tables over pages, names written upwards."""

from __future__ import annotations

from collections.abc import Iterator

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table

from evals.benchmarks.documents.built import Input
from evals.benchmarks.documents.pdf.pdf_files import (
    FONT,
    GRID,
    built,
    drawn,
    numbered_pages,
    pdf_input,
    table,
)


def inputs() -> list[Input]:
    return [*_tables()]


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


def _tables() -> Iterator[Input]:
    yield pdf_input(
        "ruled cells of several lines",
        built(table(_SERVICES, (80, 180, 80), style=[GRID])),
        _SERVICE_ROWS,
    )
    yield pdf_input(
        "cells of several lines without rules",
        built(table(_SERVICES, (80, 180, 80), style=[("VALIGN", (0, 0), (-1, -1), "TOP")])),
        _SERVICE_ROWS,
    )
    towns = [(f"Town {row}", f"{row} km", f"{row * 3}.50") for row in range(6)]
    lines = [("BOX", (0, 0), (-1, -1), 1, "black"), ("LINEBELOW", (0, 0), (-1, 0), 1, "black")]
    lines += [("LINEAFTER", (column, 0), (column, -1), 1, "black") for column in (0, 1)]
    yield pdf_input(
        "rows without lines between them",
        built(Table([("Place", "Way", "Fare"), *towns], style=lines)),
        ("| Place | Way | Fare |", *(f"| {' | '.join(town)} |" for town in towns)),
    )
    orders = [(f"A-{1000 + row}", f"Customer {row}", f"{7.5 + 13 * row:.2f}") for row in range(90)]
    header = ("Order", "Customer", "Amount")
    for repeated in (0, 1):
        rows = Table([header, *orders], colWidths=[90, 200, 80], repeatRows=repeated)
        yield pdf_input(
            f"table over pages {repeated}",
            built(rows),
            tuple(
                f"| A-{1000 + row} | Customer {row} | {7.5 + 13 * row:.2f} |" for row in range(90)
            ),
        )
    statement = "\n".join
    yield pdf_input(
        "rows at the edges of pages",
        numbered_pages(
            5, "", "Statement 7, page {page} of {count}",
            lambda page: statement(
                f"{70000 + 50 * page + row}     {row % 28 + 1:02}.0{page}.2026     {row + 100 * page}.50"
                for row in range(50)
            ),
        ),
        tuple(f"{70000 + 50 * page + row} " for page in range(1, 6) for row in range(50)),
        absent=("Statement 7",),
        dropped=("running headers, footers and page numbers: 30 words",),
    )  # fmt: skip

    clause = "Words of clause {} are many and go on. " * 12
    clauses = [(f"No {number}", clause.replace("{}", str(number))) for number in range(14)]
    yield pdf_input(
        "repeated header above a long row",
        built(table([("Clause", "Text"), *clauses], (60, 300), style=[GRID], repeatRows=1)),
        tuple(f"| No {number} | Words of clause {number} are" for number in range(14)),
    )
    yield pdf_input(
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
        absent=("Bank of Oslo", "/4"),
        dropped=("running headers, footers and page numbers: 28 words",),
    )
    yield pdf_input(
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
