"""PDFs with turned, hidden, cropped or running text, forms and annotations."""

from __future__ import annotations

from collections.abc import Iterator

from pypdf.generic import FloatObject, NameObject, RectangleObject
from reportlab.pdfgen.canvas import Canvas

from evals.benchmarks.documents.built import Input
from evals.benchmarks.documents.pdf.pdf_files import (
    FONT,
    annotated,
    changed_pdf,
    drawn,
    form,
    layered,
    operators,
    pdf_input,
    placed,
    rotated,
    tagged,
    written,
)


def inputs() -> list[Input]:
    return [*_pages(), *_forms()]


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


def _pages() -> Iterator[Input]:
    yield pdf_input(
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
        absent=("confidential", "DRAFT"),
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
        yield pdf_input(f"rotated {page} {text}", rotated(lines, page, text), lines)
    yield pdf_input(
        "sideways note",
        drawn(operators(
            "BT /F1 10 Tf 60 700 Td (Upright text of this page) Tj ET",
            "BT /F1 10 Tf 0 1 -1 0 560 300 Tm (A note along the edge) Tj ET",
            "BT /F1 10 Tf 60 686 Td (goes on below the first line.) Tj ET",
        )),
        ("Upright text of this page goes on below", "A note along the edge"),
    )  # fmt: skip
    yield pdf_input(
        "outside the page",
        placed(
            [(60, 700, 10, "Inside the page"), (60, -90, 10, "Cut off"), (900, 700, 10, "Slug")]
        ),
        ("Inside the page",),
        absent=("Cut off", "Slug"),
        dropped=("hidden by the author: 3 words",),
    )
    yield pdf_input(
        "white on white",
        drawn(operators("BT /F1 10 Tf 60 700 Td (Seen) Tj 1 1 1 rg 0 -14 Td (and unseen) Tj ET")),
        ("Seen", "and unseen"),
    )
    yield pdf_input(
        "tagged running header",
        tagged(
            "/Artifact <</Type /Pagination /Subtype /Header>> BDC BT /F1 10 Tf 60 800 Td "
            "(Draft of Monday) Tj ET EMC",
            "/P <</MCID 0>> BDC BT /F1 10 Tf 60 700 Td (The text of the page) Tj ET EMC",
        ),
        ("The text of the page",),
        absent=("Draft",),
        dropped=("running headers, footers and page numbers: 3 words",),
    )

    yield pdf_input(
        "layers",
        layered("Words of a layer that is off", "Words of a layer that is on"),
        ("Words of a layer that is on",),
        absent=("off",),
        dropped=("hidden by the author: 7 words",),
    )
    changed = changed_pdf(placed([(60, 700, 10, "Inside"), (60, 50, 10, "Below the cut")]))
    changed.pages[0].cropbox = RectangleObject((0, 300, 595, 842))
    yield pdf_input(
        "cropped",
        written(changed),
        ("Inside",),
        absent=("Below",),
        dropped=("hidden by the author: 3 words",),
    )
    changed = changed_pdf(placed([(60, 700, 10, "A large page"), (60, 688, 10, "of large units")]))
    changed.pages[0][NameObject("/UserUnit")] = FloatObject(4)
    yield pdf_input("user unit", written(changed), ("A large page of large units",))


def _forms() -> Iterator[Input]:
    fields = (
        ("Applicant", "Marit Solberg"),
        ("Licence plate", "KV 38215"),
        ("Valid from", "1 May"),
    )
    yield pdf_input(
        "form",
        form(fields, ticked=True, sex="m", size="medium"),
        (
            "Applicant: Marit Solberg", "Licence plate: KV 38215", "Valid from: 1 May",
            "[x] I agree to the terms", "[ ] female", "[x] male", "Size: medium",
        ),
    )  # fmt: skip
    yield pdf_input(
        "annotations",
        annotated("Invoice 17", typed="Paid in cash", stamp="RECEIVED", comment="Is it so?"),
        ("Invoice 17", "Paid in cash", "RECEIVED"),
        absent=("Is it so",),
        dropped=("comments of reviewers: 3 words",),
    )

    yield pdf_input(
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
