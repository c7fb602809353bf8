"""Excel workbooks: number formats, dates, names of columns, merged and hidden cells."""

from __future__ import annotations

import datetime
from typing import Any

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from evals.benchmarks.documents.built import Input, saved


def book(*rows: list[object], name: str = "Sales") -> Any:
    """A workbook of one sheet, as openpyxl has it."""
    workbook = openpyxl.Workbook()
    workbook.active.title = name
    for row in rows:
        workbook.active.append(row)
    return workbook


def inputs() -> list[Input]:
    return [*_formats(), *_layouts(), *_hidden(), *_cells()]


def _input(
    kind: str,
    workbook: Any,
    *present: str,
    absent: tuple[str, ...] = (),
    dropped: tuple[str, ...] = (),
) -> Input:
    return Input(kind, "a.xlsx", saved(workbook), present, absent, dropped)


# Format, value, and what Excel shows; dates are shown in ISO form whatever the format.
_FORMATS = (
    ("leading zeros", "0000000", 4711, "0004711"),
    ("words in a format", '"INV-2026-"0000', 13, "INV-2026-0013"),
    ("unit", '#,##0" g"', 12500, "12,500 g"),
    ("percent", "0.0%", 0.275, "27.5%"),
    ("fraction", "# ?/8", 2.375, "2 3/8"),
    ("scientific", "0.00E+00", 12345, "1.23E+04"),
    ("currency", "[$€-407] #,##0.00", 12.5, "€ 12.50"),
    ("loss in brackets", "0.00;(0.00)", -3, "(3.00)"),
    ("word for nothing", '0;-0;"none"', 0, "none"),
    ("conditions", '[>=1000000]0.0,,"M";[>=1000]0.0,"K";0', 2500, "2.5K"),
    ("hours beyond a day", "[h]:mm", 1.2604166666666667, "30:15"),
    ("date", "dd.mm.yyyy", 46090, "2026-03-09"),
    ("East Asian date", 'yyyy"年"m"月"d"日"', 45761, "2025-04-14"),
    ("words around a text", '0;-0;0;"Art. "@', "x7", "Art. x7"),
)


def _formats() -> list[Input]:
    found = []
    for kind, code, value, shown in _FORMATS:
        workbook = book(["What", "Value"], ["first", value])
        workbook.active["B2"].number_format = code
        found.append(_input(f"number format: {kind}", workbook, f"| first | {shown} |"))
    return found


def _layouts() -> list[Input]:
    merged = book(
        ["Quarter", "2026", None, "2027"], [None, "Plan", "Actual", "Plan", "Actual"],
        ["Q1", 10, 11, 12, 13], ["Q2", 20, 21, 22, 23],
    )  # fmt: skip
    for area in ("A1:A2", "B1:C1", "D1:E1"):
        merged.active.merge_cells(area)
    spaced = book(
        ["Task", None, "Owner", "Days"], ["Cabling", None, "Ines", 0], ["Racks", None, "Tom", 6]
    )
    beside = book(
        ["Product", "Price", None, "Region", "Manager"], ["Nail", 3, None, "North", "Eva"],
        ["Screw", 4, None, "South", "Jan"], ["Bolt", 6],
    )  # fmt: skip
    years = book(["Site", 2024, 2025], ["Turku", 327, 331], ["Oslo", 88, 90])
    titled = book(["Report"], ["in euros"], ["k", "v"], ["a", 1])
    bold = book([36, 38], [4, 9], [1, 0])
    for cell in bold.active[1]:
        cell.font = Font(bold=True)
    return [
        _input("merged names", merged, "| Quarter | 2026 Plan | 2026 Actual | 2027 Plan | 2027 Actual |\n| --- |"),
        _input("empty column between", spaced, "| Task | Owner | Days |\n| --- | --- | --- |\n| Cabling | Ines | 0 |"),
        _input(
            "tables beside each other", beside,
            "| Product | Price |\n| --- | --- |\n| Nail | 3 |", "| Region | Manager |\n| --- | --- |\n| North | Eva |",
        ),
        _input("years as names", years, "| Site | 2024 | 2025 |\n| --- | --- | --- |\n| Turku | 327 | 331 |"),
        _input("lines above the names", titled, "Report", "in euros", "| k | v |\n| --- | --- |\n| a | 1 |"),
        _input("bold numbers as names", bold, "| 36 | 38 |\n| --- | --- |\n| 4 | 9 |"),
    ]  # fmt: skip


def _hidden() -> list[Input]:
    hidden = book(["Name", "Pay", "Role"], ["Ann", 3900, "Cook"], ["Bob", 4100, "Gone"])
    hidden.active.column_dimensions["B"].hidden = True
    hidden.active.row_dimensions[3].hidden = True
    sheet = hidden.create_sheet("Secret")
    sheet.append(["two words"])
    sheet.sheet_state = "veryHidden"
    filtered = book(["Name", "City"], ["Ann", "Rome"], ["Bob", "Oslo"])
    filtered.active.auto_filter.ref = "A1:B3"
    filtered.active.auto_filter.add_filter_column(1, ["Rome"])
    filtered.active.row_dimensions[3].hidden = True
    return [
        _input(
            "hidden rows, columns and sheets", hidden, "| Name | Role |", "| Ann | Cook |",
            absent=("3900", "Bob", "two words"), dropped=("hidden by the author: 7 words",),
        ),
        _input("rows that a filter hides", filtered, "| Bob | Oslo |"),
    ]  # fmt: skip


def _cells() -> list[Input]:
    raised, struck = InlineFont(vertAlign="superscript"), InlineFont(strike=True)
    rich = book(["What", "Value"], ["cells", None])
    rich.active["B2"] = CellRichText(
        "5 × 10", TextBlock(raised, "6"), TextBlock(struck, " million")
    )
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5)
    return [
        _input(
            "raised and struck-out text", rich, "| cells | 5 × 10^6 |",
            absent=("million",), dropped=("struck out or deleted: 1 word",),
        ),
        _input("moment", book(["k", "v"], ["a", moment]), "| a | 2024-01-02T03:04:05 |"),
        _input("sum of fractions", book(["k", "v"], ["a", 0.1 + 0.2]), "| a | 0.3 |"),
        _input("escaped line break", book(["k", "v"], ["a", "p_x000D_\nq"]), "| a | p q |"),
    ]  # fmt: skip
