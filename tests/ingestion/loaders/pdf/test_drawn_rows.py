"""Tables without borders, known by cells that are drawn higher and further right."""

from __future__ import annotations

from typing import Any

import pytest

from evals.benchmarks.documents.pdf.pdf_files import placed

ROWS = [
    (["Mail"], ["Sending of letters to customers", "abroad and at home, up to two", "kilograms"]),
    (["Copies"], ["Copies of papers in colour or in", "black and white"]),
    (["Rent"], ["Rent of a room"]),
    (["Fax"], ["Sending of pages to customers", "at home"]),
]
LEADING = 12


def page(align: str, gap: float) -> bytes:
    """Cells drawn row by row, each from its top down; `gap` points part the columns."""
    columns = (50.0, 86.0 + gap, 240.0 + 2 * gap)
    pieces = [(columns[0], 700.0, 10.0, "Name"), (columns[1], 700.0, 10.0, "What it covers")]
    pieces.append((columns[2], 700.0, 10.0, "Limit"))
    top = 680.0
    for number, (name, covers) in enumerate(ROWS):
        cells = (name, covers, [f"{number + 2} a", "day"])
        height = max(map(len, cells))
        for x, lines in zip(columns, cells, strict=True):
            room = (height - len(lines)) * LEADING
            start = top - {"top": 0.0, "middle": room / 2, "bottom": float(room)}[align]
            pieces += [(x, start - LEADING * at, 10.0, text) for at, text in enumerate(lines)]
        top -= height * LEADING + 6
    pieces.append((50.0, top - 20, 10.0, "Prices hold until the end of May."))
    return placed(pieces)


@pytest.mark.parametrize("align", ["top", "middle", "bottom"])
@pytest.mark.parametrize("gap", [4.0, 8.0, 20.0])
def test_cells_of_several_lines_are_put_together(loading: Any, align: str, gap: float) -> None:
    text = loading.one("a.pdf", page(align, gap)).text
    for number, (name, covers) in enumerate(ROWS):
        assert f"| {name[0]} | {' '.join(covers)} | {number + 2} a day |" in text
    assert text.endswith("|\n\nPrices hold until the end of May.")


def test_short_columns_of_prose_are_no_table(loading: Any) -> None:
    pieces = []
    for number, x in enumerate((50, 320)):
        for at in range(5):
            pieces.append((x, 700 - 12 * at, 10, f"line {at} of the column {number} that goes on"))
    text = loading.one("a.pdf", placed(pieces)).text
    assert "|" not in text
    assert text.index("line 4 of the column 0") < text.index("line 0 of the column 1")


def test_three_columns_of_prose_are_read_one_after_the_other(loading: Any) -> None:
    pieces = []
    for number, x in enumerate((50, 220, 390)):
        for at in range(8):
            pieces.append((x, 700 - 12 * at, 10, f"words {at} of column {number}"))
    text = " ".join(loading.one("a.pdf", placed(pieces)).text.split())
    assert "words 7 of column 0 words 0 of column 1" in text.replace("|", "")


def test_lines_of_code_stay_lines(loading: Any) -> None:
    from evals.benchmarks.documents.pdf.pdf_files import drawn

    def draw(canvas: Any) -> None:
        canvas.setFont("Courier", 10)
        for at, line in enumerate(("listen_port = 9443", "upstream_timeout = 75", "retry = 4")):
            canvas.drawString(50, 700 - 12 * at, line)

    text = loading.one("a.pdf", drawn(draw)).text
    assert text == "listen_port = 9443\nupstream_timeout = 75\nretry = 4"
