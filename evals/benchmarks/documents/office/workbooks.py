"""Excel workbooks from rows."""

from __future__ import annotations

from typing import Any

import openpyxl


def book(*rows: list[object], name: str = "Sales") -> Any:
    """A workbook of one sheet, as openpyxl has it."""
    workbook = openpyxl.Workbook()
    workbook.active.title = name
    for row in rows:
        workbook.active.append(row)
    return workbook
