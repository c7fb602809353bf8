from __future__ import annotations

from typing import Any

import pytest

from ingestion.documents.document import Document
from ingestion.errors import EmptyDocument, UnreadableDocument
from ingestion.loaders import LoadProblem, RecordFields


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_file_is_one_table(loading: Any, table_header: Any, delimiter: str) -> None:
    rows = [["Name", "Note"], ["Ann", '"x, y; z"'], ["Bob", '"two\nlines"']]
    document = loading.one("people_list.csv", "\n".join(delimiter.join(row) for row in rows))
    assert document.title == "People list"
    assert document.text == (
        "| Name | Note |\n| --- | --- |\n| Ann | x, y; z |\n| Bob | two lines |"
    )
    assert table_header(document) == "| Name | Note |\n| --- | --- |\n"


def test_values_in_the_first_row_are_no_header(loading: Any, table_header: Any) -> None:
    assert table_header(loading.one("a.tsv", "1\t2\n3\t4\n")) == ""


def test_excels_separator_line_is_obeyed(loading: Any) -> None:
    assert loading.one("a.csv", "sep=;\na;b\n1;2,5\n").text.endswith("| 1 | 2,5 |")


def test_german_excel_files_are_read(loading: Any) -> None:
    document = loading.one("a.csv", "Größe;Maß\n1,5;2\n".encode("cp1252"))
    assert document.text.startswith("| Größe | Maß |")
    assert document.metadata == {"encoding": "cp1252"}


def test_a_cell_may_be_long(loading: Any) -> None:
    assert "x" * 200_000 in loading.one("a.csv", f"a,b\n1,{'x' * 200_000}\n").text


def test_rows_are_records_when_fields_are_named(loading: Any) -> None:
    content = "key,body,lang\n1,First text,en\n2,,en\n\n1,Again,de\n3,Third,\n"
    found = loading.all("a.csv", content, RecordFields(id="key", title=None, text="body"))
    documents = [item for item in found if isinstance(item, Document)]
    assert [(d.id, d.text, d.metadata) for d in documents] == [
        ("1", "First text", {"lang": "en"}),
        ("3", "Third", {}),
    ]
    assert documents[0].media_type == "text/csv"
    problems = [item for item in found if isinstance(item, LoadProblem)]
    assert [problem.document_id for problem in problems] == ["2", "1"]


def test_a_missing_column_names_those_that_are_there(loading: Any) -> None:
    with pytest.raises(UnreadableDocument, match=r"no column 'text'; name one of: id, body"):
        loading.all("a.csv", "id,body\n1,x\n", RecordFields())


def test_a_header_alone_is_empty(loading: Any) -> None:
    with pytest.raises(EmptyDocument, match="no rows"):
        loading.all("a.csv", "id,text\n", RecordFields())


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("# one, two\n# three\nid,v\n1,2\n2,3\n", "one, two\n\nthree\n\n| id | v |\n| --- |"),
        ("# made by hand\n# id,v\n1,2\n2,3\n", "made by hand\n\n| # id | v |\n| --- |"),
        ("#id,v\n1,2\n2,3\n", "| #id | v |\n| --- |"),
    ],
)
def test_remarks_above_a_table(loading: Any, text: str, right: str) -> None:
    assert loading.one("a.csv", text).text.startswith(right)
