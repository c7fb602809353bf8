"""Excel workbooks: a sheet is a page, its name a heading, its regions tables."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.office.archive import note_groups, open_archive
from ingestion.loaders.office.properties import keep
from ingestion.loaders.office.xlsx_merges import MergedCells
from ingestion.loaders.office.xlsx_regions import regions
from ingestion.loaders.office.xlsx_values import shown


def extract(data: bytes, name: str) -> TextBuilder:
    """The visible sheets in order, with the values that formulas had when it was saved.

    A title above a table becomes a paragraph; empty rows part tables.
    """
    archive = open_archive(data, name, "xl", streamed=True)
    import warnings

    import openpyxl

    # Remarks on features that openpyxl would lose when saving; nothing is saved.
    warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
    # Read-only mode streams rows; the other one allots every cell up to the farthest.
    workbook = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
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
    sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    for sheet in sheets:
        merged = MergedCells.of(archive, sheet)
        _write_sheet(sheet, merged, builder)
    builder.metadata["sheets"] = [sheet.title for sheet in sheets]
    # Sheet names are headings on one level; none of them names the whole.
    if len(sheets) > 1 or (sheets and sheets[0].title.lower().startswith("sheet")):
        builder.first_heading = None
    return builder


def _write_sheet(sheet: Any, merged: MergedCells, builder: TextBuilder) -> None:
    page = sheet.title
    heading_written = False
    for region in regions(_rows(sheet, merged)):
        if not heading_written:
            builder.heading(sheet.title, 1, page)
            heading_written = True
        for title in region.titles:
            builder.paragraph(title, page)
        builder.table(region.rows, header_rows=region.header_rows, page=page)


def _rows(sheet: Any, merged: MergedCells) -> Iterator[list[str]]:
    # A stale or hostile "dimension" would cut rows off, or pad them without end.
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(), 1):
        yield merged.laid_out(number, [shown(cell) for cell in cells])
