"""Read Word tables as rows, with merged cells laid out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ingestion.loaders.losses import Loss, Losses
from ingestion.loaders.office.docx_styles import W, is_on
from ingestion.loaders.office.docx_text import raw_text

_WIDEST_SPAN = 63  # Word's own limit on columns


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a table: the cell that covers it, and whether its text is shown elsewhere."""

    element: Any
    covered: bool = False


def table_rows(table: Any, losses: Losses) -> tuple[list[list[Cell]], int | None]:
    """The cells, and how many rows at the top are the header; None where nothing says so.

    A cell merged over rows is repeated in each, so that a row makes sense alone; one merged
    over columns is repeated only in the header, where every column needs its name. Deleted and
    hidden rows are left out.
    """
    marked = 0
    rows: list[list[Cell]] = []
    spans: list[bool] = []
    for row in table.iter(W + "tr"):
        if next(row.iterancestors(W + "tbl")) is not table:
            continue  # of a nested table; its text is in the outer cell
        if _left_out(row, losses):
            continue
        if marked == len(rows) and is_on(row.find(f"{W}trPr/{W}tblHeader")):
            marked += 1
        rows.append(_row(row, rows[-1] if rows else [], losses))
        spans.append(any(cell.covered for cell in rows[-1]))
    marked = marked if marked < len(rows) else 0
    grouped = marked or (
        1 if spans[:1] == [True] and len({id(c.element) for c in rows[0]}) > 1 else 0
    )
    for number in range(grouped):
        rows[number] = [replace(cell, covered=False) for cell in rows[number]]
    return rows, marked or None


def _left_out(row: Any, losses: Losses) -> bool:
    for name, loss in (("del", Loss.STRUCK_OUT), ("hidden", Loss.HIDDEN)):
        if is_on(row.find(f"{W}trPr/{W}{name}")):
            losses.add(loss, raw_text(row))
            return True
    return False


def _row(row: Any, above: list[Cell], losses: Losses) -> list[Cell]:
    cells: list[Cell] = []
    skipped = row.find(f"{W}trPr/{W}gridBefore")
    if skipped is not None:
        cells.extend([Cell(None)] * min(int(skipped.get(W + "val")), _WIDEST_SPAN))
    for element in row.iter(W + "tc"):
        if next(element.iterancestors(W + "tr")) is not row:
            continue
        if element.find(f"{W}tcPr/{W}cellDel") is not None:
            losses.add(Loss.STRUCK_OUT, raw_text(element))
            continue
        span = element.find(f"{W}tcPr/{W}gridSpan")
        width = min(int(span.get(W + "val")), _WIDEST_SPAN) if span is not None else 1
        merge = element.find(f"{W}tcPr/{W}vMerge")
        continued = merge is not None and merge.get(W + "val") != "restart"
        if continued and len(cells) < len(above):
            losses.add(Loss.HIDDEN, raw_text(element))  # Word shows the first cell's text alone
            cells.extend(above[len(cells) : len(cells) + width])
            continue
        cells.append(Cell(element))
        cells.extend([Cell(element, covered=True)] * (width - 1))
    return cells
