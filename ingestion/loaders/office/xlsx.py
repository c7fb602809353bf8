"""Excel workbooks: a sheet is a page, its name a heading, its regions tables."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.losses import Loss, Losses
from ingestion.loaders.office.archive import note_groups, open_archive, read_xml, related_paths
from ingestion.loaders.office.drawings import (
    C,
    alternative_text,
    write_chart_titles,
)
from ingestion.loaders.office.pptx_text import A, paragraph_text
from ingestion.loaders.office.properties import keep
from ingestion.loaders.office.xlsx_regions import SheetRow, regions
from ingestion.loaders.office.xlsx_sheet import MergedCells, SheetFacts
from ingestion.loaders.office.xlsx_values import CellReader

_SPREADSHEET_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_R_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_LAST_COLUMN = 1 << 14


def extract(data: bytes, name: str) -> TextBuilder:
    """The visible sheets in order, with the values that formulas had when it was saved.

    A title above a table becomes a paragraph; empty rows part tables. Hidden sheets, rows and
    columns are left out; what a filter or a folded outline hides is data and stays.
    """
    archive, data = open_archive(data, name, "xl", streamed=True)
    import warnings

    import openpyxl

    # Remarks on features that openpyxl would lose when saving; nothing is saved.
    warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
    # Read-only mode streams rows; the other one allots every cell up to the farthest.
    workbook = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True, rich_text=True)
    builder = TextBuilder()
    properties = workbook.properties
    builder.title = properties.title
    note_groups(archive, builder.groups)
    keep(
        builder,
        author=properties.creator,
        subject=properties.subject,
        category=properties.category,
        keywords=properties.keywords,
        created=properties.created,
        modified=properties.modified,
    )
    reader = CellReader(workbook, builder.losses)
    sheets = []
    without_value = 0
    for sheet in workbook.worksheets:
        if sheet.sheet_state == "visible":
            sheets.append(sheet)
            without_value += _write_sheet(archive, sheet, reader, builder)
        else:
            for row in _rows(sheet, SheetFacts(), reader):
                builder.losses.add(Loss.HIDDEN, " ".join(row.cells))
    builder.metadata["sheets"] = [sheet.title for sheet in sheets]
    if without_value:
        builder.metadata["formulas_without_value"] = without_value
    # Sheet names are headings on one level; none of them names the whole.
    if len(sheets) > 1 or (sheets and sheets[0].title.lower().startswith("sheet")):
        builder.first_heading = None
    return builder


def _write_sheet(archive: ZipFile, sheet: Any, reader: CellReader, builder: TextBuilder) -> int:
    """Write a sheet; how many of its formulas have no value."""
    page = sheet.title
    path = sheet._worksheet_path.lstrip("/")
    facts = SheetFacts.of(archive, path)
    heading_written = False
    for region in regions(_rows(sheet, facts, reader)):
        if not heading_written:
            builder.heading(sheet.title, 1, page)
            heading_written = True
        for title in region.titles:
            builder.paragraph(title, page)
        if region.rows:
            builder.table(region.rows, header_rows=region.header_rows, page=page)
    _write_drawings(archive, path, page, builder, heading_written=heading_written)
    return facts.formulas_without_value


def _rows(sheet: Any, facts: SheetFacts, reader: CellReader) -> Iterator[SheetRow]:
    """The sheet's rows that are not hidden, with merged cells laid out."""
    # The part of openpyxl that its own read-only sheets use; they drop what hides a row.
    from openpyxl.worksheet._reader import WorkSheetParser

    merged = MergedCells.of(facts.merged)
    hidden_columns: frozenset[int] | None = None
    with sheet._get_source() as source:
        parser = WorkSheetParser(
            source, sheet._shared_strings, data_only=True, epoch=sheet.parent.epoch, rich_text=True
        )
        for number, cells in parser.parse():
            look = parser.row_dimensions.pop(str(number), {})
            if hidden_columns is None:
                hidden_columns = _hidden_columns(parser.column_dimensions)
            texts, bold = _texts(cells, reader)
            if merged.areas or merged._open:
                texts = merged.laid_out(number, texts)
            hidden = _is_hidden(look) and not facts.is_filtered(number)
            if hidden or hidden_columns:
                texts = _without_hidden(texts, hidden_columns, reader, whole=hidden)
            frozen = number == facts.frozen and any(texts)
            yield SheetRow(number, texts, bold or frozen or number in facts.tops)


def _texts(cells: list[dict[str, Any]], reader: CellReader) -> tuple[list[str], bool]:
    """The row's texts from column A on, and whether all of them are bold."""
    texts: list[str] = []
    bold, filled = True, 0
    for cell in cells:
        value = cell["value"]
        if value is None or cell["column"] > _LAST_COLUMN:
            continue
        text = reader.shown(value, cell["style_id"]).strip()
        if not text:
            continue
        column = cell["column"] - 1
        if column >= len(texts):
            texts.extend([""] * (column + 1 - len(texts)))
        texts[column] = text
        filled += 1
        bold = bold and reader.look(cell["style_id"]).bold
    return texts, bold and filled > 1


def _without_hidden(
    texts: list[str], columns: frozenset[int], reader: CellReader, *, whole: bool
) -> list[str]:
    left_out = [text for at, text in enumerate(texts) if whole or at in columns]
    reader.losses.add(Loss.HIDDEN, " ".join(left_out))
    return [] if whole else ["" if at in columns else text for at, text in enumerate(texts)]


def _is_hidden(look: dict[str, str]) -> bool:
    """Whether a row or column is hidden for good; a folded outline can be opened."""
    hidden = look.get("hidden") in ("1", "true") or look.get("width", look.get("ht")) == "0"
    return hidden and look.get("outlineLevel", "0") in ("0", "")


def _hidden_columns(dimensions: dict[str, dict[str, str]]) -> frozenset[int]:
    hidden: set[int] = set()
    for look in dimensions.values():
        if _is_hidden(look):
            last = min(int(look.get("max", look["min"])), _LAST_COLUMN)
            hidden.update(range(int(look["min"]) - 1, last))
    return frozenset(hidden)


def _write_drawings(
    archive: ZipFile, path: str, page: str, builder: TextBuilder, *, heading_written: bool
) -> None:
    """Text boxes, pictures' descriptions and charts' titles; charts' figures are in the cells."""
    for kind, target in related_paths(archive, path).values():
        root = read_xml(archive, target)
        if root is None:
            continue
        if kind.endswith(("/comments", "/threadedComment")):
            builder.losses.add(
                Loss.COMMENT, " ".join(one.text or "" for one in root.iter("{*}t", "{*}text"))
            )
        if not kind.endswith("/drawing"):
            continue
        texts = _drawn_texts(root, builder.losses)
        charts = [one for one in root.iter(C + "chart") if one.get(_R_ID)]
        if (texts or charts) and not heading_written:
            builder.heading(page, 1, page)
        for text in texts:
            builder.paragraph(text, page)
        parts = related_paths(archive, target)
        for chart in charts:
            found = read_xml(archive, parts.get(chart.get(_R_ID), ("", ""))[1])
            if found is not None:
                write_chart_titles(found, builder, page)


def _drawn_texts(root: Any, losses: Losses) -> list[str]:
    texts = []
    for body in root.iter(_SPREADSHEET_DRAWING + "txBody", _SPREADSHEET_DRAWING + "cNvPr"):
        if body.tag.endswith("cNvPr"):
            texts.append(alternative_text(body))
        else:
            texts.append("\n".join(paragraph_text(one, losses) for one in body.iter(A + "p")))
    return [text for text in texts if text.strip()]
