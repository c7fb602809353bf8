"""Read Word tables as rows, with merged cells laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ingestion.loaders.office.docx_text import W, cell_text

_WIDEST_SPAN = 63  # Word's own limit on columns


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a table: the cell that covers it, and the text to show there."""

    element: Any
    text: str


def table_rows(table: Any) -> tuple[list[list[Cell]], int | None]:
    """The cells, and how many rows at the top are the header; None where nothing says so.

    A cell merged over rows is repeated in each, so that a row makes sense alone; one merged
    over columns is repeated only in the header, where every column needs its name.
    """
    marked = 0
    rows: list[list[Cell]] = []
    for row in table.iter(W + "tr"):
        if next(row.iterancestors(W + "tbl")) is not table:
            continue  # of a nested table; its text is in the outer cell
        if marked == len(rows) and row.find(f"{W}trPr/{W}tblHeader") is not None:
            marked += 1
        rows.append(_row(row, rows[-1] if rows else [], in_header=marked > len(rows)))
    if marked and marked < len(rows):
        return rows, marked
    return rows, None


def _row(row: Any, above: list[Cell], *, in_header: bool) -> list[Cell]:
    cells: list[Cell] = []
    skipped = row.find(f"{W}trPr/{W}gridBefore")
    if skipped is not None:
        cells.extend([Cell(None, "")] * min(int(skipped.get(W + "val")), _WIDEST_SPAN))
    for element in row.iter(W + "tc"):
        if next(element.iterancestors(W + "tr")) is not row:
            continue
        span = element.find(f"{W}tcPr/{W}gridSpan")
        width = min(int(span.get(W + "val")), _WIDEST_SPAN) if span is not None else 1
        merge = element.find(f"{W}tcPr/{W}vMerge")
        continued = merge is not None and merge.get(W + "val") != "restart"
        if continued and len(cells) < len(above):
            cells.extend(above[len(cells) : len(cells) + width])
            continue
        text = cell_text(element)
        cells.append(Cell(element, text))
        cells.extend([Cell(element, text if in_header else "")] * (width - 1))
    return cells
