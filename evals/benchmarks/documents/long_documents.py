"""Long documents of made-up words, for counting words lost and for timing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

import docx
import openpyxl
from pptx import Presentation
from pptx.util import Inches

from evals.benchmarks.documents.built import saved
from evals.benchmarks.documents.office.slide_decks import add_slide
from evals.benchmarks.documents.pdf.pdf_files import GRID, body, built, table

_SYLLABLES = "ba de fi go lu ma ne pi ro su ta ve wi zo kä lö mü né ça".split()
SECTIONS = 400


class Long(NamedTuple):
    """A long document.

    Attributes:
        format_name: its format.
        name: its file name.
        build: gives its bytes, and the text that a reader sees.
    """

    format_name: str
    name: str
    build: Callable[[], tuple[bytes, str]]


def sentences(seed: int) -> Iterator[str]:
    """Sentences of made-up words and figures, without end, the same for each seed."""
    chance = random.Random(seed)
    while True:
        made = ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(8)]
        made[3] = f"{chance.randint(1_000, 99_999):,}"
        yield " ".join(made) + "."


def _html() -> tuple[bytes, str]:
    said, pieces, seen = sentences(1), [], []
    for _ in range(SECTIONS):
        head, plain, item, term, cell = (next(said) for _ in range(5))
        first, rest = plain[:7], plain[7:]
        pieces.append(
            f"<h2>{head}</h2><p><b>{first}</b>{rest}</p><ul><li>{item}</li></ul>"
            f"<aside>{term}</aside><table><tr><th>wa</th><th>we</th></tr>"
            f"<tr><td>{cell}</td><td>{head}</td></tr></table><nav>{item}</nav>"
        )
        seen += [head, plain, item, term, "wa we", cell, head]
    return f"<body><main>{''.join(pieces)}</main></body>".encode(), " ".join(seen)


def _markdown() -> tuple[bytes, str]:
    said, pieces, seen = sentences(2), [], []
    for _ in range(SECTIONS):
        head, plain, item, cell = (next(said) for _ in range(4))
        pieces.append(
            f"## {head}\n\n**{plain}** [{item}](http://example.org)\n\n- {item}\n\n"
            f"| wa | we |\n|---|---|\n| {cell} | {head} |\n"
        )
        seen += [head, plain, item, item, "wa we", cell, head]
    return "\n".join(pieces).encode(), " ".join(seen)


def _csv() -> tuple[bytes, str]:
    said, lines, seen = sentences(3), ["wawa;wewe;wiwi"], ["wawa wewe wiwi"]
    for _ in range(5 * SECTIONS):
        cells = [next(said) for _ in range(3)]
        lines.append(f'{cells[0]};"{cells[1]}; {cells[2]}";7')
        seen += [*cells, "7"]
    return "\r\n".join(lines).encode(), " ".join(seen)


def _text() -> tuple[bytes, str]:
    said = sentences(4)
    paragraphs = [" ".join(next(said) for _ in range(4)) for _ in range(5 * SECTIONS)]
    text = "\n\n".join(paragraphs)
    return text.encode("cp1252"), text


LONG_TEXTS = (
    Long("HTML", "long.html", _html),
    Long("Markdown", "long.md", _markdown),
    Long("CSV", "long.csv", _csv),
    Long("plain text in cp1252", "long.txt", _text),
)


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


LONG_FILES = (
    Long("DOCX", "long.docx", _docx),
    Long("XLSX", "long.xlsx", _xlsx),
    Long("PPTX", "long.pptx", _pptx),
    Long("PDF", "long.pdf", _pdf),
)
