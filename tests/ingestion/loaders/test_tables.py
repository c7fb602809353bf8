from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.loaders.delimited import extract
from ingestion.loaders.tables import guess_header_rows, pipe_table


def test_header_and_separator_are_marked() -> None:
    text, header_end = pipe_table([["a", "b"], ["1", "2"]], 1)
    assert text == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    assert text[:header_end] == "| a | b |\n| --- | --- |\n"


def test_without_a_header_there_is_no_separator() -> None:
    assert pipe_table([["1", "2"], ["3", "4"]], 0) == ("| 1 | 2 |\n| 3 | 4 |", 0)


def test_header_rows_are_joined_without_repetition() -> None:
    rows = [["Name", "2024", "2024"], ["Name", "Cost", "Gain"], ["x", "1", "2"]]
    assert pipe_table(rows, 2)[0].startswith("| Name | 2024 Cost | 2024 Gain |\n")


def test_a_header_without_merged_cells_keeps_what_stands_twice() -> None:
    rows = [["first", "second"], ["", "aa"], ["", "aa"], ["aa", "10"]]
    assert pipe_table(rows, 3, has_merged_cells=False)[0].startswith("| first | second aa aa |\n")
    csv = b'erste,zweite,dritte\n,"aa, aa",aa\n,aa,aa\naa,aa,10\n'
    assert extract(csv, "t.csv").result()[0].count("aa") == csv.count(b"aa")


def test_empty_rows_and_columns_are_dropped_and_cells_are_one_line() -> None:
    rows = [["a", "", "b", ""], ["", " ", "", ""], ["1\n2", "", "x|y", ""]]
    assert pipe_table(rows, 1)[0] == "| a | b |\n| --- | --- |\n| 1 2 | x\\|y |"


def test_names_alone_are_content() -> None:
    assert pipe_table([["a", "b"]], 1) == ("| a | b |", 0)
    assert pipe_table([["", ""]], 1) == ("", 0)


@pytest.mark.parametrize(
    ("rows", "header_rows"),
    [
        ([["Name", "Age"], ["Ann", "3"]], 1),
        ([["", "Q1", "Q2"], ["East", "1", "2"]], 1),
        ([["Ann", "3"], ["Bob", "4"]], 0),
        ([["2024-01-02", "x"], ["2024-01-03", "y"]], 0),
        ([["$ 3.50", "x"], ["4", "y"]], 0),
        ([["a", "a"], ["1", "2"]], 0),
        ([["a"], ["1", "2"]], 0),
        ([["a", "b"]], 0),
        ([], 0),
    ],
)
def test_a_header_is_guessed_from_its_names(rows: list[list[str]], header_rows: int) -> None:
    assert guess_header_rows(rows) == header_rows


@given(st.lists(st.lists(st.text(max_size=5), max_size=4), max_size=5), st.integers(0, 3))
def test_a_table_has_a_line_per_row_with_content(rows: list[list[str]], header_rows: int) -> None:
    text, header_end = pipe_table(rows, header_rows)
    assert 0 <= header_end < max(len(text), 1)
    assert header_end == 0 or text[header_end - 1] == "\n"
    assert all(line.startswith("|") for line in text.splitlines())
