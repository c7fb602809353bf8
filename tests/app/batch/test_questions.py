"""A file of questions is read whole, and refused with its faults before any question is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.batch.questions import read_questions, require_all
from app.errors import BatchError


def write(folder: Path, *lines: str) -> Path:
    file = folder / "questions.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_lines_become_questions(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        '\ufeff{"question": "one?"}',
        "",
        '{"id": 7, "question": "two\u2028?", "document_set": "depot", "filters": {"year": 2026}, "prompt": "v1"}\r',
        '{"id": "c", "question": ""}',
        "",
    )
    first, second, third = read_questions(file).good
    assert (first.id, first.question, first.document_set, first.filters) == (
        "1",
        "one?",
        None,
        None,
    )
    assert (second.id, second.question) == ("7", "two\u2028?")
    assert (second.document_set, second.filters) == ("depot", {"year": 2026})
    assert (first.prompt, second.prompt) == (None, "v1")
    # What a question must be, answering decides.
    assert third.question == ""


BAD = ['{"question": "half', "[]", '{"id": "x"}', '{"question": "x", "colour": 1}', '{"question": 5}',
       '{"question": "x", "filters": []}', '{"id": "", "question": "x"}', "NaN"]  # fmt: skip


@pytest.mark.parametrize("line", BAD)
def test_a_bad_line_is_named_with_its_number(tmp_path: Path, line: str) -> None:
    file = write(tmp_path, '{"question": "one?"}', line, '{"question": "two?"}')
    found = read_questions(file)
    with pytest.raises(BatchError, match=r"questions\.jsonl: line 2: .*fix the file, or else\."):
        require_all(found, str(file), ", or else")
    assert [question.question for question in found.good] == ["one?", "two?"]
    assert [question.id for question in found.good] == ["1", "3"]
    assert len(found.bad) == 1


def test_many_bad_lines_are_not_all_named(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match=r"line 5: .*; and 7 more\. Nothing was asked"):
        require_all(read_questions(write(tmp_path, *["x"] * 12)), "it")


def test_an_id_that_comes_twice_is_refused(tmp_path: Path) -> None:
    rows = [{"question": "a?"}, {"id": "b", "question": "b?"}, {"id": "1", "question": "c?"}]
    file = write(tmp_path, *map(json.dumps, rows))
    with pytest.raises(BatchError, match="line 3 has the id '1' of 1; "):
        read_questions(file)


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match=r"nonesuch\.jsonl: No such file"):
        read_questions(tmp_path / "nonesuch.jsonl")
    with pytest.raises(BatchError, match="directory"):
        read_questions(tmp_path)
    (tmp_path / "latin.jsonl").write_bytes(b'{"question": "\xe4"}')
    with pytest.raises(BatchError, match="not UTF-8"):
        read_questions(tmp_path / "latin.jsonl")


def test_nesting_without_end_is_a_bad_line(tmp_path: Path) -> None:
    found = read_questions(write(tmp_path, '{"question": "x", "filters": ' + "[" * 100_000))
    assert not found.good
    assert found.bad[0].startswith("line 1: ")
