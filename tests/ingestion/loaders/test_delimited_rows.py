"""Rows are cut as their author meant them, also where a file breaks the rules of CSV."""

from __future__ import annotations

import io
from pathlib import Path

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
        ('"sep=;"\r\na;b\r\n', [["a", "b"]]),
        ('a,b\n1,"one\ntwo, three"\n2,"x"\n', [["a", "b"], ["1", "one\ntwo, three"], ["2", "x"]]),
        (
            'a,b,c\n1,"one, two\nthree, four",5\n2,x,6\n',
            [["a", "b", "c"], ["1", "one, two\nthree, four", "5"], ["2", "x", "6"]],
        ),
        (
            'a,b\n"say \\"no, sir\\" now",1\n"C:\\dir\\",2\n',
            [["a", "b"], ['say "no, sir" now', "1"], ["C:\\dir\\", "2"]],
        ),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name,text\n'Smith, J.','says hi'\n'Doe, A.','it''s ok'\n",
         [["name", "text"], ["Smith, J.", "says hi"], ["Doe, A.", "it's ok"]]),
        ("'id';'name'\r\n'1';'A'\r\n'2';'B'\r\n", [["id", "name"], ["1", "A"], ["2", "B"]]),
        ("\"id\",'note'\n\"1\",'a, b'\n\"2\",'c, d'\n", [["id", "note"], ["1", "a, b"], ["2", "c, d"]]),
        ("a^b^c\n1^Lamp, red^5,00\n2^Chair^7,50\n", [["a", "b", "c"], ["1", "Lamp, red", "5,00"], ["2", "Chair", "7,50"]]),
        ("id~name\n1~Lamp\n2~Chair\n", [["id", "name"], ["1", "Lamp"], ["2", "Chair"]]),
        ("root:x:0:0:A, B:/root\nuser:x:10:10::/home\n", [["root", "x", "0", "0", "A, B", "/root"], ["user", "x", "10", "10", "", "/home"]]),
    ],
)  # fmt: skip
def test_single_quotation_marks_and_rare_delimiters(text: str, expected: list[list[str]]) -> None:
    assert list(read_rows(io.StringIO(text, newline=""))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id,name\n1,'tis\n2,O'Brien\n3,'90s rock'n'roll\n", ["3", "'90s rock'n'roll"]),
        ("id,team\n1,boys'\n2,'girls'\n", ["2", "'girls'"]),
        ("item,size\nscrew,5'10\"\nbolt,6'2\"\n", ["bolt", "6'2\""]),
        ("start\n10:30:00\n11:45:00\n", ["11:45:00"]),
        ("Name: Lamp: A\nPrice: 5: B\n", ["Price: 5: B"]),
        ("2^3\n3^2\n", ["3^2"]),
        ("a^2\nb^2\n", ["b^2"]),
        ("url\nhttp://a.example:80\nhttp://b.example:81\n", ["http://b.example:81"]),
    ],
)
def test_apostrophes_times_and_powers_stay(text: str, expected: list[str]) -> None:
    assert list(read_rows(io.StringIO(text, newline="")))[-1] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id,note\n1,'one\ntwo, three'\n2,'b'\n", [["1", "one\ntwo, three"], ["2", "b"]]),
        ("'id';'t'\n'1';'It''s\none; two'\n'2';'x'\n", [["1", "It's\none; two"], ["2", "x"]]),
        ("a,b\n1,'x\ny'\n2,plain\n3,'z, w'\n", [["1", "x\ny"], ["2", "plain"], ["3", "z, w"]]),
        ("a,b\n“At, las”,“x, y”\n“Bo”,“z”\n", [["At, las", "x, y"], ["Bo", "z"]]),
        ("a,b\n“A”,“one\ntwo, three”\n“B”,“x”\n", [["A", "one\ntwo, three"], ["B", "x"]]),
        ("a;b\n„Mü; So“;„a; b“\n„Bo“;„x“\n", [["Mü; So", "a; b"], ["Bo", "x"]]),
        ("a;b\n«Du; Fi»;«a; b»\n«Bo»;«x»\n", [["Du; Fi", "a; b"], ["Bo", "x"]]),
    ],
)
def test_other_marks_around_cells(text: str, expected: list[list[str]]) -> None:
    assert rows(text)[1:] == expected


def test_typographic_marks_within_cells_stay() -> None:
    assert rows("a,b\nBo,“Yes” and “no”\nAl,the “x” case\n")[1:] == [
        ["Bo", "“Yes” and “no”"],
        ["Al", "the “x” case"],
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a,b\n="00123",Bolt\n"=""007""",Nut\n', [["00123", "Bolt"], ["007", "Nut"]]),
        ('a;b\n="INV;1";"5"\n="x";6\n', [["INV;1", "5"], ["x", "6"]]),
        ('a\tb\n="00123"\tBolt\n', [["00123", "Bolt"]]),
        ('a,b\n=SUM(A1:A3),6\n="a"&"b",ab\n', [["=SUM(A1:A3)", "6"], ['="a"&"b"', "ab"]]),
    ],
)
def test_text_that_excel_keeps_by_a_formula(text: str, expected: list[list[str]]) -> None:
    assert rows(text)[1:] == expected


@pytest.mark.parametrize(
    "text",
    [
        'a,b\n1,"x, y"\n2,"say ""no"""\n',
        'a;b\r\n1;"x\r\ny"\r\n\r\n2;z\r\n',
        'a,b\n1,"x" y\n2,z\n',
        'a,b\n1, "x, y"\n2,z\n',
        'a,b\n1,="007"\n2,7" rod\n',
        'a,b\n1,"open\n2,z\n',
        "a,b\r1,2\r",
    ],
)
def test_text_held_at_once_is_cut_as_text_that_streams(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    with path.open(encoding="utf-8", newline="") as file:
        streamed = list(read_rows(file))
    assert list(read_rows(io.StringIO(text, newline=""))) == streamed
