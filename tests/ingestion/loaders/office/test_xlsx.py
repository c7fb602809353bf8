from __future__ import annotations

import datetime
import io
import time
import zipfile
from typing import Any

import pytest
import xlsxwriter

from evals.benchmarks.documents.built import saved
from evals.benchmarks.documents.office.xlsx_inputs import book
from ingestion.loaders.office.xlsx_sheet import SheetFacts


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


def text_of(loading: Any, workbook: Any) -> str:
    return str(loading.one("a.xlsx", saved(workbook)).text)


def test_hidden_rows_columns_and_sheets_are_left_out_and_counted(loading: Any) -> None:
    workbook = book(["Name", "Pay", "Role"], ["Ann", 3900, "Cook"], ["Bob", 4100, "Gone"])
    sheet = workbook.active
    sheet.column_dimensions["B"].hidden = True
    sheet.row_dimensions[3].hidden = True
    hidden = workbook.create_sheet("Secret")
    hidden.append(["two words"])
    hidden.sheet_state = "veryHidden"
    document = loading.one("a.xlsx", saved(workbook))
    assert document.text == "Sales\n\n| Name | Role |\n| --- | --- |\n| Ann | Cook |"
    assert document.metadata["dropped"] == ["hidden by the author: 7 words"]


def test_rows_that_a_filter_or_an_outline_hides_are_data(loading: Any) -> None:
    workbook = book(["Name", "City"], ["Ann", "Rome"], ["Bob", "Oslo"], ["Cy", "Bern"])
    sheet = workbook.active
    sheet.auto_filter.ref = "A1:B3"
    sheet.auto_filter.add_filter_column(1, ["Rome"])
    sheet.row_dimensions[3].hidden = True
    sheet.row_dimensions.group(4, 4, hidden=True)
    assert text_of(loading, workbook).endswith("| Ann | Rome |\n| Bob | Oslo |\n| Cy | Bern |")


def test_a_hidden_row_outside_the_filter_stays_hidden(loading: Any) -> None:
    workbook = book(["Name", "City"], ["Ann", "Rome"], ["Bob", "Oslo"])
    sheet = workbook.active
    sheet.auto_filter.ref = "A1:B3"  # no filter is set
    sheet.row_dimensions[3].hidden = True
    assert "Bob" not in text_of(loading, workbook)


def test_dates_of_the_1904_system_and_of_east_asia(loading: Any, tmp_path: Any) -> None:
    path = tmp_path / "mac.xlsx"
    workbook = xlsxwriter.Workbook(path, {"date_1904": True})
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, ["What", "When"])
    sheet.write(1, 0, "start")
    sheet.write_datetime(
        1, 1, datetime.datetime(2026, 3, 9), workbook.add_format({"num_format": 14})
    )
    sheet.write(2, 0, "end")
    sheet.write_number(2, 1, 44628, workbook.add_format({"num_format": 31}))
    workbook.close()
    text = loading.one("a.xlsx", path.read_bytes()).text
    assert "| start | 2026-03-09 |" in text
    assert "| end | 2026-03-09 |" in text


def test_cells_keep_raised_text_and_lose_struck_out_text_and_escapes(loading: Any) -> None:
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont
    from openpyxl.styles import Font

    workbook = book(
        ["What", "Value"], ["cells", None], ["old", "gone words"], ["note", "a_x000D_\nb"]
    )
    raised, struck = InlineFont(vertAlign="superscript"), InlineFont(strike=True)
    rich = CellRichText("5 × 10", TextBlock(raised, "6"), TextBlock(struck, " million"))
    workbook.active["B2"] = rich
    workbook.active["B3"].font = Font(strike=True)
    document = loading.one("a.xlsx", saved(workbook))
    assert document.text.endswith("| cells | 5 × 10^6 |\n| old |\n| note | a b |")
    assert document.metadata["dropped"] == ["struck out or deleted: 3 words"]


def test_formulas_without_a_value_are_reported(loading: Any) -> None:
    document = loading.one("a.xlsx", saved(book(["k", "v"], ["a", "=1+1"], ["b", 2])))
    assert document.metadata["formulas_without_value"] == 1


def test_two_tables_beside_each_other_are_two(loading: Any, outline: Any) -> None:
    workbook = book(
        ["Product", "Price", None, "Region", "Manager"],
        ["Nail", 3, None, "North", "Eva"],
        ["Screw", 4, None, "South", "Jan"],
        ["Bolt", 6],
    )
    assert [text for kind, _, text in outline(loading.one("a.xlsx", saved(workbook)))][1:] == [
        "| Product | Price |\n| --- | --- |\n| Nail | 3 |\n| Screw | 4 |\n| Bolt | 6 |",
        "| Region | Manager |\n| --- | --- |\n| North | Eva |\n| South | Jan |",
    ]


def test_a_column_for_the_eye_parts_no_table(loading: Any) -> None:
    workbook = book(
        ["Task", None, "Owner", "Days"], ["Cabling", None, "Ines", 0], ["Racks", None, "Tom", 6]
    )
    assert "| Task | Owner | Days |\n| --- | --- | --- |\n| Cabling | Ines | 0 |" in text_of(
        loading, workbook
    )


def test_a_merge_over_cells_that_are_not_written_names_each_column(loading: Any) -> None:
    workbook = book(
        ["Quarter", "2026", None, "2027"], [None, "Plan", "Actual", "Plan", "Actual"],
        ["Q1", 10, 11, 12, 13], ["Q2", 20, 21, 22, 23],
    )  # fmt: skip
    for area in ("A1:A2", "B1:C1", "D1:E1"):
        workbook.active.merge_cells(area)
    assert "| Quarter | 2026 Plan | 2026 Actual | 2027 Plan | 2027 Actual |\n| --- |" in text_of(
        loading, workbook
    )


def test_bold_names_and_excel_tables_are_headers_whatever_they_hold(loading: Any) -> None:
    from openpyxl.styles import Font
    from openpyxl.worksheet.table import Table

    bold = book([36, 38], [4, 9], [1, 0])
    for cell in bold.active[1]:
        cell.font = Font(bold=True)
    assert "| 36 | 38 |\n| --- | --- |" in text_of(loading, bold)
    table = book(["36", "38"], ["4", "9"], ["1", "0"])
    table.active.add_table(Table(displayName="Sizes", ref="A1:B3"))
    assert "| 36 | 38 |\n| --- | --- |" in text_of(loading, table)


def test_text_boxes_and_chart_titles_are_read_and_comments_counted(loading: Any) -> None:
    from openpyxl.chart import BarChart, Reference
    from openpyxl.comments import Comment

    workbook = book(["k", "v"], ["a", 1], ["b", 2])
    chart = BarChart()
    chart.title = "Sales by region"
    chart.add_data(
        Reference(workbook.active, min_col=2, min_row=1, max_row=3), titles_from_data=True
    )
    workbook.active.add_chart(chart, "D2")
    workbook.active["A2"].comment = Comment("check this", "me")
    document = loading.one("a.xlsx", saved(workbook))
    assert "Sales by region" in document.text
    assert document.metadata["dropped"] == ["comments of reviewers: 2 words"]


@pytest.mark.parametrize("half", [b"<mergeCell ", b"<f ", b"<pane ySplit='1' ", b"<sheetPr "])
def test_a_sheet_of_half_elements_takes_no_time(half: bytes) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", half * 200_000)
    start = time.process_time()
    with zipfile.ZipFile(buffer) as archive:
        assert SheetFacts.of(archive, "sheet.xml").merged == []
    assert time.process_time() - start < 5  # half a minute and more where a wait is not bounded
