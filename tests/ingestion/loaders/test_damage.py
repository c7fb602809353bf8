"""Damaged files end in an error that says so, never in another exception or in a broken document."""

from __future__ import annotations

import io
import random
import zipfile
from typing import Any

import docx
import openpyxl
import pytest
from pptx import Presentation
from reportlab.pdfgen.canvas import Canvas

from ingestion.errors import DocumentError

CASES = 60


def _pdf(buffer: io.BytesIO) -> None:
    canvas = Canvas(buffer, pageCompression=0)
    for number in range(3):
        canvas.drawString(72, 700, f"Page {number} has some text on it")
        canvas.showPage()
    canvas.save()


def _docx(buffer: io.BytesIO) -> None:
    document = docx.Document()
    document.add_heading("Title", 1)
    document.add_paragraph("item", style="List Bullet")
    document.add_table(2, 2).cell(0, 0).text = "cell"
    document.save(buffer)


def _pptx(buffer: io.BytesIO) -> None:
    deck = Presentation()
    deck.slides.add_slide(deck.slide_layouts[1]).shapes.title.text = "Title"
    deck.save(buffer)


def _xlsx(buffer: io.BytesIO) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["a", "b"])
    workbook.active.append([1, 0.5])
    workbook.active.merge_cells("A3:B4")
    workbook.save(buffer)


def _html(buffer: io.BytesIO) -> None:
    buffer.write(b"<h1>T</h1><table><tr><th>a<th>b<tr><td>1<td colspan=2>2</table><ul><li>x" * 3)


def _markdown(buffer: io.BytesIO) -> None:
    buffer.write(b"---\na: 1\n---\n# T\n\n- a\n  1. b\n\n| a | b |\n|---|---|\n| 1 | 2 |\n" * 3)


MAKERS = {
    ".pdf": _pdf,
    ".docx": _docx,
    ".pptx": _pptx,
    ".xlsx": _xlsx,
    ".html": _html,
    ".md": _markdown,
}


def damaged(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    match chance.randrange(4):
        case 0:
            return data[:place]
        case 1:
            return data[:place] + data[place + chance.randrange(1, 100) :]
        case 2:
            return data[:place] + chance.randbytes(chance.randrange(1, 50)) + data[place:]
        case _:
            mutable = bytearray(data)
            for _ in range(chance.choice((1, 5, 50))):
                mutable[chance.randrange(len(mutable))] = chance.randrange(256)
            return bytes(mutable)


def damaged_part(data: bytes, chance: random.Random) -> bytes:
    """An archive in good order with one damaged part: gets past the ZIP checksums."""
    source, buffer = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    victim = chance.choice([name for name in source.namelist() if source.read(name)])
    with zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            target.writestr(name, damaged(part, chance) if name == victim else part)
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", MAKERS)
def test_only_document_errors_come_out(loading: Any, suffix: str) -> None:
    buffer = io.BytesIO()
    MAKERS[suffix](buffer)
    good = buffer.getvalue()
    assert loading.one(f"good{suffix}", good)
    chance = random.Random(suffix)
    refused: list[str] = []
    for _ in range(CASES):
        zipped = good.startswith(b"PK") and chance.random() < 0.6
        data = damaged_part(good, chance) if zipped else damaged(good, chance)
        try:
            loading.one(f"a{suffix}", data)
        except DocumentError as error:
            refused.append(str(error))
    assert refused
    assert all(f"a{suffix}" in message and "\n" not in message for message in refused)
