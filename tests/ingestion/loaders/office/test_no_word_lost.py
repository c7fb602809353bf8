"""The words of a file, taken by another library, against those of the document.

Every word of the source is in the document or counted as left out, and the document has no word
that the source has not.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import docx
import mammoth
import openpyxl
import pytest
from docx.oxml import parse_xml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html
from pptx import Presentation
from pptx.util import Inches
from python_calamine import CalamineWorkbook

from evals.benchmarks.documents.built import saved
from evals.benchmarks.documents.office.word_files import NAMESPACES
from ingestion.documents.document import Document
from ingestion.loaders import load

WORDS = st.text("abcdefgh", min_size=2, max_size=6)
SENTENCES = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
CELLS = st.one_of(st.just(""), SENTENCES, st.integers(0, 99_999).map(str))
quickly = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def words(text: str | Iterable[str]) -> Counter[str]:
    joined = text if isinstance(text, str) else " ".join(text)
    return Counter(re.findall(r"\w+", joined))


def loaded(folder: Path, name: str, data: bytes) -> Document:
    path = folder / name
    path.write_bytes(data)
    (document,) = load(path, name)
    assert isinstance(document, Document)
    return document


def counted(document: Document) -> int:
    """How many words the document says it lacks."""
    lines = document.metadata.get("dropped", [])
    return sum(int(re.findall(r"(\d+) words?$", str(line))[0]) for line in lines)  # type: ignore[union-attr]


@st.composite
def word_documents(draw: st.DrawFn) -> tuple[bytes, int]:
    """A Word file of headings, lists, tables, controls, tracked changes and hidden runs, and how
    many of its words nobody sees."""
    document = docx.Document()
    unseen = 0
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from("text heading list table control changed hidden box".split()))
        text = draw(SENTENCES)
        paragraph = None
        if kind == "heading":
            document.add_heading(text, draw(st.integers(1, 3)))
        elif kind == "list":
            document.add_paragraph(
                text, style=draw(st.sampled_from(["List Bullet", "List Number"]))
            )
        elif kind == "table":
            rows = draw(
                st.lists(st.lists(SENTENCES, min_size=2, max_size=2), min_size=2, max_size=4)
            )
            table = document.add_table(len(rows), 2)
            for at, row in enumerate(rows):
                for place, cell in enumerate(row):
                    table.cell(at, place).text = cell
        else:
            paragraph = document.add_paragraph(text)
        if paragraph is None:
            continue
        more = draw(SENTENCES)
        run = f"<w:r>{{}}<w:t xml:space='preserve'> {more}</w:t></w:r>"
        box = f"<w:txbxContent><w:p>{run.format('')}</w:p></w:txbxContent>"
        piece = {
            "text": "<w:bookmarkStart w:id='1' w:name='b'/>",
            "control": f"<w:sdt><w:sdtContent>{run.format('')}</w:sdtContent></w:sdt>",
            "changed": f"<w:del w:id='1'><w:r><w:delText> {more}</w:delText></w:r></w:del>",
            "hidden": run.format("<w:rPr><w:vanish/></w:rPr>"),
            "box": f"<w:r><w:pict>{box}</w:pict></w:r>",
        }[kind]
        holder = parse_xml(f"<w:p {NAMESPACES}>{piece}</w:p>")
        paragraph._p.extend(list(holder))
        unseen += len(more.split()) if kind in ("changed", "hidden") else 0
    return saved(document), unseen


def seen_by_mammoth(data: bytes) -> Counter[str]:
    """What mammoth makes of a Word file; it shows hidden runs and leaves deleted ones out."""
    page = mammoth.convert_to_html(io.BytesIO(data)).value
    return words(" ".join(html.fromstring(f"<div>{page}</div>").itertext()))


@quickly
@given(word_documents())
def test_word(tmp_path: Path, file: tuple[bytes, int]) -> None:
    data, unseen = file
    document = loaded(tmp_path, "a.docx", data)
    found = words(re.sub(r"(?m)^\s*(?:\d+\.|-)\s", "", document.text))
    assert counted(document) == unseen
    seen = seen_by_mammoth(data)
    assert not found - seen  # nothing is invented
    missing = (seen - found).total()
    assert missing <= unseen  # and only what is counted is missing


@quickly
@given(st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=8))
def test_excel(tmp_path: Path, rows: list[list[str]]) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.title = "Sheet"
    for row in rows:
        workbook.active.append([int(cell) if cell.isdecimal() else cell or None for cell in row])
    workbook.active["A20"] = "end"
    data = saved(workbook)
    (sheet,) = CalamineWorkbook.from_filelike(io.BytesIO(data)).sheet_names
    values = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name(sheet).to_python()
    expected = words(
        str(int(cell)) if isinstance(cell, float) else str(cell) for row in values for cell in row
    )
    document = loaded(tmp_path, "a.xlsx", data)
    found = words(document.text) - words("Sheet")
    # A group's name may stand over more than one column, and so may be there more than once.
    assert not expected - found
    assert set(found) <= set(expected)


@quickly
@given(st.lists(st.tuples(SENTENCES, st.lists(SENTENCES, max_size=4)), min_size=1, max_size=3))
def test_powerpoint(tmp_path: Path, slides: list[tuple[str, list[str]]]) -> None:
    deck = Presentation()
    for title, texts in slides:
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = title
        group = slide.shapes.add_group_shape()
        for place, text in enumerate(texts):
            holder = group.shapes if place % 2 else slide.shapes
            box = holder.add_textbox(Inches(place), Inches(2 + place), Inches(1), Inches(1))
            box.text_frame.text = text
        slide.notes_slide.notes_text_frame.text = title
    data = saved(deck)
    expected = words(_texts(Presentation(io.BytesIO(data))))
    found = words(loaded(tmp_path, "a.pptx", data).text) - Counter({"Notes": len(slides)})
    assert found == expected


def _texts(deck: Any) -> Iterable[str]:
    for slide in deck.slides:
        yield slide.notes_slide.notes_text_frame.text
        shapes = list(slide.shapes)
        while shapes:
            shape = shapes.pop()
            if hasattr(shape, "shapes"):
                shapes.extend(shape.shapes)
            elif shape.has_text_frame:
                yield shape.text_frame.text


@pytest.mark.parametrize("rows", [1, 300])
def test_every_row_of_a_long_sheet_is_there(tmp_path: Path, rows: int) -> None:
    workbook = openpyxl.Workbook()
    for row in range(rows):
        workbook.active.append([f"name{row}", row, f"2026-01-{row % 28 + 1:02d}"])
    text = loaded(tmp_path, "a.xlsx", saved(workbook)).text
    assert all(f"name{row} | {row} |" in text for row in range(rows))
