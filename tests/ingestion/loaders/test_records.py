from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.documents.document import Document
from ingestion.errors import EmptyDocument, UnreadableDocument
from ingestion.loaders import LoadProblem, RecordFields, load
from ingestion.loaders.records import paragraph_blocks


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def test_a_record_is_a_document(loading: Any) -> None:
    record = {
        "id": 7,
        "title": "A title",
        "text": "One.\n\n Two.\n",
        "year": 2024,
        "score": 0.5,
        "open": True,
        "tags": ["a", "b"],
        "nested": {"x": 1},
        "mixed": ["a", 1],
        "none": None,
        "nan": float("nan"),
    }
    (document,) = loading.all("r.jsonl", lines(record))
    assert document.id == "7"
    assert document.title == "A title"
    assert document.metadata == {"year": 2024, "score": 0.5, "open": True, "tags": ["a", "b"]}
    assert [document.text[b.start : b.end] for b in document.blocks] == ["One.", "Two."]


def test_the_text_is_kept_to_the_character(loading: Any) -> None:
    text = "  Über\xa0alles,  e\u0301\n\n\n\tund so\r\n\r\nweiter \ufb01n "
    (document,) = loading.all("r.jsonl", lines({"_id": "a", "text": text}))
    assert document.text == text
    assert document.title == "a"


def test_fields_can_be_named(loading: Any) -> None:
    fields = RecordFields(id="key", title=None, text="body")
    record = {"key": "k", "body": "Text", "title": "kept as metadata"}
    (document,) = loading.all("r.jsonl", lines(record), fields)
    assert (document.id, document.title) == ("k", "k")
    assert document.metadata == {"title": "kept as metadata"}


def test_bad_lines_do_not_stop_the_good_ones(loading: Any) -> None:
    content = (
        lines({"id": "1", "text": "good"})
        + "{broken\n"
        + "\n"
        + lines(
            {"id": "2", "body": "no text", "title": "t"},
            {"text": "no id"},
            {"id": "1", "text": "again"},
            {"id": "3", "text": "  "},
            ["a list"],
            {"id": None, "text": "x"},
            {"id": "4", "text": 5},
            {"id": "5", "text": "good too"},
        )
    )
    found = loading.all("r.jsonl", content.encode() + b'{"id": "6", "text": "\xff"}\n')
    assert [item.id for item in found if isinstance(item, Document)] == ["1", "5"]
    problems = {p.document_id: p.message for p in found if isinstance(p, LoadProblem)}
    assert "line 2 is not valid JSON" in problems["r.jsonl:2"]
    assert "line 4: the field 'text' is missing" in problems["2"]
    assert "body, id, title" in problems["2"]
    assert "line 5: the field 'id' is missing" in problems["r.jsonl:5"]
    assert "line 6: the id '1' came before" in problems["1"]
    assert "line 7: the field 'text' of record '3' is empty" in problems["3"]
    assert "line 8 is a JSON list" in problems["r.jsonl:8"]
    assert "line 9: the field 'id' is not usable" in problems["r.jsonl:9"]
    assert "line 10: the field 'text' is not usable" in problems["4"]
    assert "line 12 is not UTF-8" in problems["r.jsonl:12"]
    assert all("\n" not in message for message in problems.values())


@pytest.mark.parametrize("line", ["[" * 100_000, '{"id": ' + "9" * 5000 + ', "text": "x"}'])
def test_hostile_json_is_a_problem_of_its_line(loading: Any, line: str) -> None:
    problem, document = loading.all("r.jsonl", line + "\n" + lines({"id": "1", "text": "x"}))
    assert isinstance(problem, LoadProblem)
    assert document.id == "1"


def test_an_overlong_line_is_a_problem_and_the_next_is_read(
    loading: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.loaders.records.LONGEST_LINE", 64)
    long, short = {"id": "1", "text": "x" * 300}, {"id": "2", "text": "y"}
    problem, document = loading.all("r.jsonl", lines(long, short))
    assert problem.document_id == "r.jsonl:1"
    assert document.id == "2"


@pytest.mark.parametrize("content", ["[\n", '{\n  "id": 1\n}\n'])
def test_json_that_is_not_in_lines_is_refused(loading: Any, content: str) -> None:
    with pytest.raises(UnreadableDocument, match="over several lines"):
        loading.all("r.jsonl", content)


def test_utf16_and_marks_are_read(loading: Any) -> None:
    content = lines({"id": "ä", "text": "ö"}).replace("\\u00e4", "ä")
    for encoding in ("utf-16", "utf-8-sig"):
        (document,) = loading.all("r.jsonl", content.encode(encoding))
        assert document.id == "ä"


def test_lone_surrogates_become_valid_text(loading: Any) -> None:
    (document,) = loading.all(
        "r.jsonl", '{"id": "a\\ud800", "text": "b\\udfff\\u0000", "k": "\\ud800"}'
    )
    assert document.text == "b\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"
    assert document.id == "a\N{REPLACEMENT CHARACTER}"
    document.metadata["k"].encode()


def test_records_are_read_as_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(lines({"id": "1", "text": "x"}) * 2 + "[\n")
    found: Iterator[Document | LoadProblem] = load(path, "r.jsonl")
    assert isinstance(next(found), Document)
    assert isinstance(next(found), LoadProblem)


def test_the_hash_is_of_the_line(loading: Any) -> None:
    one = loading.all("r.jsonl", lines({"id": "1", "text": "x"}, {"id": "2", "text": "y"}))
    two = loading.all("r.jsonl", lines({"id": "1", "text": "x"}, {"id": "2", "text": "z"}))
    assert one[0].content_hash == two[0].content_hash
    assert one[1].content_hash != two[1].content_hash


def test_no_records_is_empty(loading: Any) -> None:
    with pytest.raises(EmptyDocument, match="holds no records"):
        loading.all("r.jsonl", "\n\n")


@given(st.text(alphabet="ab \t\r\n", max_size=30))
def test_paragraph_blocks_cover_any_text(text: str) -> None:
    end = 0
    for block in paragraph_blocks(text):
        assert end <= block.start < block.end
        assert not text[end : block.start].strip()
        piece = text[block.start : block.end]
        assert piece == piece.strip()
        end = block.end
    assert not text[end:].strip()
