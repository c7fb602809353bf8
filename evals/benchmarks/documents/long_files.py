"""Long Office files and PDFs of made-up words, for counting words lost and for timing."""

from __future__ import annotations

import docx
import openpyxl
from pptx import Presentation
from pptx.util import Inches

from evals.benchmarks.documents.built import saved
from evals.benchmarks.documents.long_texts import SECTIONS, Long, sentences
from evals.benchmarks.documents.office.slide_decks import add_slide
from evals.benchmarks.documents.pdf.pdf_files import GRID, body, built, table


def _docx() -> tuple[bytes, str]:
    said, seen, document = sentences(5), [], docx.Document()
    for place in range(SECTIONS):
        head, plain, item, cell = (next(said) for _ in range(4))
        document.add_heading(head, 2)
        document.add_paragraph(plain[:7]).add_run(plain[7:]).bold = True
        document.add_paragraph(item, style="List Number")
        rows = document.add_table(2, 2)
        for at, text in enumerate(("wa", "we", cell, head)):
            rows.cell(at // 2, at % 2).text = text
        seen += [head, plain, f"{place + 1}. {item}", "wa we", cell, head]
    return saved(document), " ".join(seen)


def _xlsx() -> tuple[bytes, str]:
    said, seen, workbook = sentences(6), ["Mewe", "wawa wewe wiwi"], openpyxl.Workbook()
    workbook.active.title = "Mewe"
    workbook.active.append(["wawa", "wewe", "wiwi"])
    for place in range(5 * SECTIONS):
        name, text = next(said), next(said)
        workbook.active.append([name, text, 1.5 + place])
        workbook.active.cell(place + 2, 3).number_format = "#,##0.00"
        seen += [name, text, f"{1.5 + place:,.2f}"]
    return saved(workbook), " ".join(seen)


def _pptx() -> tuple[bytes, str]:
    said, seen, deck = sentences(7), [], Presentation()
    for _ in range(SECTIONS // 4):
        title, first, second, cell, note = (next(said) for _ in range(5))
        slide = add_slide(deck, 1, title)
        slide.placeholders[1].text_frame.text = f"{first}\n{second}"
        place = (Inches(1), Inches(5), Inches(8), Inches(1))
        rows = slide.shapes.add_table(2, 2, *place).table
        for at, text in enumerate(("wa", "we", cell, title)):
            rows.cell(at // 2, at % 2).text = text
        slide.notes_slide.notes_text_frame.text = note
        seen += [title, first, second, "wa we", cell, title, "Notes", note]
    return saved(deck), " ".join(seen)


def _pdf() -> tuple[bytes, str]:
    said, seen, story = sentences(8), [], []
    for _ in range(SECTIONS):
        texts = [" ".join(next(said) for _ in range(3)) for _ in range(2)]
        first, second = next(said), next(said)
        rows = table([("wawa", "wewe"), (first, second)], [200, 200], style=[GRID])
        story += [*map(body, texts), rows]
        seen += [*texts, "wawa wewe", first, second]
    return built(*story), " ".join(seen)


FILES = (
    Long("DOCX", "long.docx", _docx),
    Long("XLSX", "long.xlsx", _xlsx),
    Long("PPTX", "long.pptx", _pptx),
    Long("PDF", "long.pdf", _pdf),
)
