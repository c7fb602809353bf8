"""XLSX: one YAML source for each workbook and one CSV file for each table in it."""

from __future__ import annotations

import csv
import re
from datetime import date, datetime, time
from pathlib import Path

import yaml
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from builders.archive import settle
from builders.source import COMPANY, Meta, meta_from

_INTEGER = re.compile(r"-?(0|[1-9]\d*)")
_DECIMAL = re.compile(r"-?\d+\.(\d+)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def build(source: Path, path: Path) -> None:
    """Write the workbook that `source` describes to `path`."""
    values = yaml.safe_load(source.read_text(encoding="utf-8"))
    meta = meta_from(values)
    tables = source.with_name(path.stem)
    workbook = Workbook()
    workbook.remove(workbook.active)
    _properties(workbook, meta)
    for sheet in values["sheets"]:
        target = workbook.create_sheet(sheet["name"])
        target.append([sheet["heading"]])
        target["A1"].font = Font(bold=True, size=14, color="1F5F7A")
        for note in sheet.get("notes", []):
            target.append([note])
        if "table" in sheet:
            _table(target, tables / sheet["table"])
        else:
            target.column_dimensions["A"].width = 110
            for (cell,) in target.iter_rows(min_row=2):
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    workbook.save(path)
    settle(path, meta.date)


def _properties(workbook: Workbook, meta: Meta) -> None:
    properties = workbook.properties
    properties.title = f"{meta.title} (version {meta.version}, {meta.date.isoformat()})"
    properties.subject = meta.subject
    properties.creator = f"{COMPANY}, {meta.owner}"
    properties.keywords = meta.keywords
    properties.version = meta.version
    properties.created = datetime.combine(meta.date, time())


def _table(sheet: Worksheet, table: Path) -> None:
    with table.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    top = sheet.max_row + 2  # below one empty row
    for column, name in enumerate(header, start=1):
        cell = sheet.cell(top, column, name)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="EAF1F4")
        width = max(len(value) for value in (name, *(row[column - 1] for row in rows)))
        sheet.column_dimensions[get_column_letter(column)].width = width + 3
    for number, row in enumerate(rows, start=top + 1):
        for column, text in enumerate(row, start=1):
            value, layout = _value(text)
            sheet.cell(number, column, value).number_format = layout
    sheet.freeze_panes = sheet.cell(top + 1, 2)
    sheet.auto_filter.ref = f"A{top}:{get_column_letter(len(header))}{top + len(rows)}"
    sheet.print_title_rows = f"{top}:{top}"


def _value(text: str) -> tuple[str | int | float | date | None, str]:
    """A cell's typed value and its number format."""
    if _INTEGER.fullmatch(text):
        return int(text), "#,##0" if len(text) > 4 else "0"
    if decimal := _DECIMAL.fullmatch(text):
        return float(text), "0." + "0" * len(decimal[1])
    if _DATE.fullmatch(text):
        return date.fromisoformat(text), "d mmm yyyy"
    return text or None, "General"
