from __future__ import annotations

import datetime
import io
from typing import Any

import openpyxl
import xlsxwriter


def saved(workbook: Any) -> bytes:
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def book(*rows: list[object], name: str = "Sales") -> Any:
    workbook = openpyxl.Workbook()
    workbook.active.title = name
    for row in rows:
        workbook.active.append(row)
    return workbook


def test_sheets_are_pages_and_headings(loading: Any, outline: Any, table_header: Any) -> None:
    workbook = book(["Name", "Age"], ["Ann", 3.0], ["Bob", 4.5])
    workbook.create_sheet("Empty")
    workbook.create_sheet("Second").append(["Only a note"])
    hidden = workbook.create_sheet("Hidden")
    hidden.append(["secret"])
    hidden.sheet_state = "hidden"
    workbook.properties.creator = "Ann"
    document = loading.one("my_book.xlsx", saved(workbook))
    assert document.title == "My book"
    assert document.metadata["author"] == "Ann"
    assert document.metadata["sheets"] == ["Sales", "Empty", "Second"]
    assert outline(document) == [
        ("heading", 1, "Sales"),
        ("table", 0, "| Name | Age |\n| --- | --- |\n| Ann | 3 |\n| Bob | 4.5 |"),
        ("heading", 1, "Second"),
        ("text", 0, "Only a note"),
    ]
    assert [block.page for block in document.blocks] == ["Sales", "Sales", "Second", "Second"]
    assert table_header(document) == "| Name | Age |\n| --- | --- |\n"


def test_values_are_shown_as_in_the_sheet(loading: Any) -> None:
    workbook = book(
        ["What", "Value"],
        ["date", datetime.datetime(2024, 1, 2)],
        ["moment", datetime.datetime(2024, 1, 2, 3, 4, 5)],
        ["time", datetime.time(3, 4)],
        ["share", 0.256],
        ["sum", 0.1 + 0.2],
        ["truth", True],
        ["lines", "a\nb"],
    )
    workbook.active["B5"].number_format = "0.0%"
    rows = loading.one("a.xlsx", saved(workbook)).text.split("\n")[4:]
    assert rows == [
        "| date | 2024-01-02 |",
        "| moment | 2024-01-02T03:04:05 |",
        "| time | 03:04:00 |",
        "| share | 25.6% |",
        "| sum | 0.3 |",
        "| truth | TRUE |",
        "| lines | a b |",
    ]


def test_formulas_show_the_value_they_had(loading: Any, tmp_path: Any) -> None:
    path = tmp_path / "made.xlsx"
    workbook = xlsxwriter.Workbook(path)
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, ["Total", "Other"])
    sheet.write_formula(1, 0, "=1+1", None, 2)
    sheet.write(1, 1, "x")
    workbook.close()
    assert loading.one("a.xlsx", path.read_bytes()).text.endswith("| 2 | x |")


def test_a_title_above_and_merged_cells(loading: Any, outline: Any) -> None:
    workbook = book()
    sheet = workbook.active
    sheet["B2"] = "Annual figures"
    sheet.merge_cells("B2:E2")
    for place, value in {
        "B4": "Region", "C4": "2024", "E4": "Note", "C5": "Cost", "D5": "Gain",
        "B6": "North", "C6": 1, "D6": 2, "E6": "n", "C7": 3, "D7": 4, "E7": "m",
    }.items():  # fmt: skip
        sheet[place] = value
    sheet.merge_cells("C4:D4")
    sheet.merge_cells("B6:B7")
    sheet["Z900"] = " "
    assert [text for _, _, text in outline(loading.one("a.xlsx", saved(workbook)))] == [
        "Sales",
        "Annual figures",
        "| Region | 2024 Cost | 2024 Gain | Note |\n| --- | --- | --- | --- |\n"
        "| North | 1 | 2 | n |\n| North | 3 | 4 | m |",
    ]


def test_an_empty_row_parts_tables_only_before_a_new_header(loading: Any, outline: Any) -> None:
    workbook = book(["k", "v"], ["a", 1], [], ["b", 2], [], ["Other", "Names"], ["c", 3])
    tables = [text for kind, _, text in outline(loading.one("a.xlsx", saved(workbook)))][1:]
    assert tables == [
        "| k | v |\n| --- | --- |\n| a | 1 |\n| b | 2 |",
        "| Other | Names |\n| --- | --- |\n| c | 3 |",
    ]


def test_a_cell_at_the_end_of_the_sheet_costs_nothing(loading: Any) -> None:
    workbook = book(["a", "b"], [1, 2])
    workbook.active["XFD1048576"] = "far away"
    assert "far away" in loading.one("a.xlsx", saved(workbook)).text


def test_the_only_sheet_with_a_real_name_is_the_title(loading: Any) -> None:
    assert loading.one("a.xlsx", saved(book(["x"]))).title == "Sales"
    assert loading.one("my_book.xlsx", saved(book(["x"], name="Sheet1"))).title == "My book"


def test_titles_directly_above_a_table_are_no_header(loading: Any, outline: Any) -> None:
    workbook = book(["Report"], ["in euros"], ["k", "v"], ["a", 1])
    assert [text for _, _, text in outline(loading.one("a.xlsx", saved(workbook)))] == [
        "Sales",
        "Report",
        "in euros",
        "| k | v |\n| --- | --- |\n| a | 1 |",
    ]


def test_a_merge_beyond_the_rows_cells_is_laid_out(loading: Any) -> None:
    workbook = book(["k", "v", "w"], [1, 2, "tall"], [3, 4])
    workbook.active.merge_cells("C2:C3")
    assert loading.one("a.xlsx", saved(workbook)).text.endswith(
        "| 1 | 2 | tall |\n| 3 | 4 | tall |"
    )
