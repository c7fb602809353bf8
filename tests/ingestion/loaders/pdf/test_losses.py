"""No word is lost, none is changed, none is invented: sources against documents."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from evals.benchmarks.documents.pdf.pdf_files import (
    GRID,
    body,
    built,
    drawn,
    form,
    letter_spaced,
    numbered_pages,
    placed,
    rotated,
    table,
)
from ingestion.loaders.pdf import extract

HANDBOOK = sorted((Path(__file__).parents[4] / "docs/handbook/documents").glob("*/*.pdf"))
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
FEW = settings(
    max_examples=int(os.environ.get("PLUMB_EXAMPLES", "8")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=PHASES,
)
# What the loader writes of its own: tables, raised text, boxes of forms, list marks.
NOTATION = re.compile(r"(?<=\d\]):|[|\[\]()^_…\s•.·-]")

WORD = st.text("abcdefghijklmnoprstuvwxyz", min_size=2, max_size=9).map(str.capitalize)
NUMBER = st.one_of(
    st.integers(10, 99_999).map("{:,}".format),
    st.decimals(1, 9_999, places=2).map("{:.2f}".format),
)
TOKEN = st.one_of(WORD, WORD, WORD, NUMBER)
SENTENCE = st.lists(TOKEN, min_size=4, max_size=12).map(" ".join)
PROSE = st.lists(TOKEN, min_size=5, max_size=60).map(" ".join)


def read(data: bytes) -> tuple[str, int]:
    """The text of a PDF, and how many words are counted as left out."""
    builder = extract(data, "a.pdf")
    counts = (re.search(r": (\d+) word", line) for line in builder.losses.lines())
    return builder.result()[0], sum(int(count[1]) for count in counts if count)


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\s|]+", re.sub(r"\|( --- \|)+", " ", text)))


def letters(text: str) -> Counter[str]:
    return Counter(NOTATION.sub("", re.sub(r"\|( --- \|)+", " ", text)))


@pytest.mark.parametrize("path", HANDBOOK, ids=lambda path: path.name)
def test_every_letter_that_pdfium_reads_is_in_the_document(path: Path) -> None:
    builder = extract(path.read_bytes(), path.name)
    document = pypdfium2.PdfDocument(path)
    source = letters("".join(page.get_textpage().get_text_range() for page in document))
    lost = source - letters(builder.result()[0])
    dropped = sum(int(line.split(": ")[1].split()[0]) for line in builder.losses.lines())
    assert lost.total() <= 12 * dropped
    assert not (letters(builder.result()[0]) - source)


@FEW
@given(st.lists(PROSE, min_size=1, max_size=6))
def test_prose(paragraphs: list[str]) -> None:
    data = built(*map(body, paragraphs))
    assert words(read(data)[0]) == words(" ".join(paragraphs))


@FEW
@given(
    st.integers(2, 4).flatmap(
        lambda width: st.lists(
            st.lists(st.one_of(SENTENCE, TOKEN, NUMBER), min_size=width, max_size=width),
            min_size=2,
            max_size=70,
        )
    ),
    st.booleans(),
    st.integers(0, 1),
)
def test_tables(rows: list[list[str]], ruled: bool, repeated: int) -> None:
    style = [GRID] if ruled else [("VALIGN", (0, 0), (-1, -1), "TOP")]
    header = [f"Name{chr(ord('A') + place)}" for place in range(len(rows[0]))]
    data = built(table([header, *rows], [110] * len(header), style=style, repeatRows=repeated))
    text, dropped = read(data)
    assert dropped == 0
    found = words(text)
    for name in header:
        assert found.pop(name) >= 1
    assert found == words(" ".join(cell for row in rows for cell in row))
    if ruled:
        for row in rows:
            cells = " | ".join(row)
            assert f"| {cells} |" in text


@FEW
@given(
    st.lists(SENTENCE, min_size=2, max_size=12),
    st.lists(SENTENCE, min_size=2, max_size=12),
    st.sampled_from(["down", "right first", "across", "up"]),
)
def test_columns(left: list[str], right: list[str], order: str) -> None:
    columns = [
        [(x, 760 - 13 * number, 5.5, line) for number, line in enumerate(column)]
        for x, column in ((40, left), (320, right))
    ]
    pieces = [*columns[0], *columns[1]]
    if order == "right first":
        pieces = [*columns[1], *columns[0]]
    elif order == "across":
        pieces.sort(key=lambda piece: (-piece[1], piece[0]))
    elif order == "up":
        pieces.reverse()
    text, _ = read(placed(pieces))
    assert words(text) == words(" ".join((*left, *right)))


@FEW
@given(
    st.integers(1, 7), st.lists(st.lists(SENTENCE, min_size=1, max_size=49), min_size=7, max_size=7)
)
def test_running_lines_are_counted_and_nothing_else_is_dropped(
    count: int, texts: list[list[str]]
) -> None:
    header, footer = "Quarterly report", "Page {page} of {count}"
    data = numbered_pages(count, header, footer, lambda page: "\n".join(texts[page - 1]))
    text, dropped = read(data)
    source = words(" ".join(line for page in texts[:count] for line in page))
    running = Counter(f"{header} ".split() * count)
    for page in range(1, count + 1):
        running += Counter(footer.format(page=page, count=count).split())
    found = words(text)
    assert not source - found
    left = found - source
    assert not left - running
    assert dropped == running.total() - left.total()


@FEW
@given(
    st.lists(st.lists(NUMBER, min_size=3, max_size=3), min_size=150, max_size=150),
)
def test_rows_of_numbers_are_no_running_lines(rows: list[list[str]]) -> None:
    pieces = [rows[start : start + 50] for start in range(0, len(rows), 50)]

    def draw(canvas: Canvas) -> None:
        for page in pieces:
            for number, row in enumerate(page):
                for x, cell in zip((60, 200, 340), row, strict=True):
                    canvas.drawString(x, 815 - 16 * number, cell)
            canvas.showPage()

    text, dropped = read(drawn(draw))
    assert dropped == 0
    assert words(text) == words(" ".join(cell for row in rows for cell in row))


@FEW
@given(
    st.lists(SENTENCE, min_size=1, max_size=6),
    st.sampled_from([0.5, 1.5, 2, 3]),
    st.sampled_from(["Tc", "TJ", "Td", "Td spaces", "cancelled"]),
    st.sampled_from([8, 10, 12]),
)
def test_spaced_letters(lines: list[str], gap: float, how: str, size: int) -> None:
    text, _ = read(letter_spaced(lines, gap, how, size))
    assert words(text) == words(" ".join(lines))


@FEW
@given(
    st.lists(
        st.tuples(WORD, st.text("abcdefghij123", min_size=1, max_size=4), WORD),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(["super", "sub"]),
)
def test_scripts(triples: list[tuple[str, str, str]], script: str) -> None:
    markup = " ".join(f"{base}<{script}>{mark}</{script}> {after}" for base, mark, after in triples)
    text, _ = read(built(body(markup)))
    assert letters(text) == letters(" ".join("".join(triple) for triple in triples))
    assert not {after for _, _, after in triples} - set(text.split())


@FEW
@given(
    st.lists(st.tuples(WORD, SENTENCE), min_size=1, max_size=8, unique_by=lambda pair: pair[0]),
    st.booleans(),
    st.sampled_from("fm"),
    st.sampled_from(["small", "medium", "large"]),
)
def test_forms(fields: list[tuple[str, str]], ticked: bool, sex: str, size: str) -> None:
    text, _ = read(form(fields, ticked=ticked, sex=sex, size=size))
    for label, value in fields:
        assert f"{label}: {value}" in text
    assert f"[{'x' if ticked else ' '}] I agree" in text
    assert f"[{'x' if sex == 'f' else ' '}] female" in text
    assert f"[{'x' if sex == 'm' else ' '}] male" in text
    assert f"Size: {size}" in text


@FEW
@given(
    st.lists(SENTENCE, min_size=1, max_size=7),
    st.sampled_from([0, 90, 180, 270]),
    st.sampled_from([0, 30, 45, 90, 180, 270]),
)
def test_rotated_pages(lines: list[str], page: int, turn: int) -> None:
    text, _ = read(rotated(lines, page, turn))
    assert " ".join(text.split()) == " ".join(lines)


def test_a_first_line_of_text_with_the_pages_number_is_no_header(loading: Any) -> None:
    def draw(canvas: Canvas) -> None:
        for page in range(1, 6):
            canvas.setFont("Helvetica", 11)
            canvas.drawString(50, 800, "Acme Ltd, annual report")
            canvas.drawString(280, 30, f"Page {page} of 5")
            for line in range(12):
                text = f"Line {line} of sheet {page} has more text."
                canvas.drawString(50, 740 - 20 * line, text)
            canvas.showPage()

    text = loading.one("a.pdf", drawn(draw)).text
    assert all(f"Line 0 of sheet {page} has more text." in text for page in range(1, 6))
    assert "Acme" not in text
    assert "of 5" not in text
