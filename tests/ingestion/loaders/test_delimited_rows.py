"""Rows are cut as their author meant them, also where a file breaks the rules of CSV."""

from __future__ import annotations

import io

import pytest

from ingestion.loaders.delimited_rows import Dialect, cut, guess_dialect, read_rows


def rows(source: str) -> list[list[str]]:
    return [row for row in read_rows(io.StringIO(source, newline="")) if row]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('a, b\nx, "p, q"\n', [["a", " b"], ["x", "p, q"]]),
        ('a,b\nx,"p ""q"", r"\n', [["a", "b"], ["x", 'p "q", r']]),
        ('a,b\nx,"one\r\ntwo"\n', [["a", "b"], ["x", "one\r\ntwo"]]),
        ('a,b\nx,"one, two\nthree"\n', [["a", "b"], ["x", "one, two\nthree"]]),
        ('a\tb\nrod\t"3 in\npipe\t4 in\n', [["a", "b"], ["rod", '"3 in'], ["pipe", "4 in"]]),
        (
            'part,size,price\nrod,"7" long,3\nbar,9",1\n',
            [["part", "size", "price"], ["rod", '"7" long', "3"], ["bar", '9"', "1"]],
        ),
        ('a,b\nx,"say \\"no\\", go"\n', [["a", "b"], ["x", 'say "no", go']]),
        ('a,b\n"C:\\dir\\",2\n', [["a", "b"], ["C:\\dir\\", "2"]]),
        ("a,b,c\nx\\,y,2,3\nz,4,5\n", [["a", "b", "c"], ["x,y", "2", "3"], ["z", "4", "5"]]),
        ("a|b\np, q|2\nr, s|3\n", [["a", "b"], ["p, q", "2"], ["r, s", "3"]]),
        ("1,5;2,5\n3,5;4,5\n", [["1,5", "2,5"], ["3,5", "4,5"]]),
        ("sep=;\na,1;b\n", [["a,1", "b"]]),
        ("a,b\rx,1\r", [["a", "b"], ["x", "1"]]),
        ("one\ntwo\n", [["one"], ["two"]]),
        ("", []),
    ],
)
def test_rows(source: str, expected: list[list[str]]) -> None:
    assert rows(source) == expected


def test_lone_quotation_marks_in_every_row_cost_no_rereading() -> None:
    source = "a\tb\n" + 'x\t"1 in\n' * 50_000
    assert rows(source)[1:] == [["x", '"1 in']] * 50_000


def test_a_lone_quotation_mark_does_not_swallow_the_rest() -> None:
    source = 'a,b\nx,"open\n' + "y,1\n" * 1000
    assert len(rows(source)) == 1002


def test_an_escape_is_not_guessed_from_paths() -> None:
    assert guess_dialect('a,b\n"C:\\dir\\",2\n').escapes is False
    assert list(cut(["\\,,x\n"], Dialect(",", escapes=True))) == [[",", "x"]]
