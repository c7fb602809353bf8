"""Datasets: what is read, and the errors for what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.datasets.case import Gold
from evals.datasets.dataset_version import dataset_version
from evals.datasets.reading import read_cases, tagged
from evals.errors import DatasetError

ROWS = [
    {
        "id": "a",
        "question": "How long is it?",
        "answer": "24 months",
        "gold": [{"document": "warranty.md", "quote": "lasts 24 months"}],
        "tags": ["fact"],
        "history": [{"question": "Is there a warranty?", "answer": "Yes."}],
    },
    {"id": "b", "question": "Who won?", "answerable": False, "tags": ["fact", "unanswerable"]},
]


def written(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_cases_are_read_in_order(tmp_path: Path) -> None:
    file = written(tmp_path, "", *map(json.dumps, ROWS), "  ")
    first, second = read_cases(file)
    assert first.gold == (Gold(document="warranty.md", quote="lasts 24 months"),)
    assert first.history[0].answer == "Yes."
    assert (second.id, second.answerable) == ("b", False)


def test_a_byte_order_mark_and_line_separators_in_strings_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    text = '{"id": "a", "question": "one\u2028two"}\r\n{"id": "b", "question": "x?"}\r\n'
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert [case.question for case in read_cases(file)] == ["one\u2028two", "x?"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{nonsense", "cases.jsonl:2: is not valid JSON"),
        ("[1]", "cases.jsonl:2: is a JSON list, not an object"),
        ('{"id": "b"}', "cases.jsonl:2: question: is missing; add it"),
        ('{"id": "b", "question": ""}', "cases.jsonl:2: question: is empty; fill it in"),
        (
            '{"id": "b", "question": "x", "anser": "y"}',
            "cases.jsonl:2: anser: is not a field; did you mean answer?",
        ),
        (
            '{"id": "b", "question": "x", "gold": [{"document": "d", "qoute": "q"}]}',
            "gold.0.qoute: is not a field; did you mean quote?",
        ),
        (
            '{"id": "b", "question": "x", "zzz": 1}',
            "zzz: is not a field; the fields are id, question",
        ),
        (
            '{"id": "b", "question": "x", "answer": "y", "answerable": false}',
            "cases.jsonl:2: a question that is not answerable has neither",
        ),
        ('{"id": "a", "question": "x"}', "cases.jsonl:2: the id 'a' is that of line 1 too"),
        ("[" * 100_000, "cases.jsonl:2: is nested too deeply"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    file = written(tmp_path, '{"id": "a", "question": "x?"}', line)
    with pytest.raises(DatasetError) as error:
        read_cases(file)
    assert message in str(error.value)


def test_many_bad_lines_are_counted(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="and 7 more lines"):
        read_cases(written(tmp_path, *["x"] * 12))


def test_what_is_no_dataset_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No such file"):
        read_cases(tmp_path / "nowhere.jsonl")
    with pytest.raises(DatasetError, match=r"folder without queries\.jsonl"):
        read_cases(tmp_path)
    with pytest.raises(DatasetError, match="holds no case"):
        read_cases(written(tmp_path, "", " "))
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "a",\n "question": "caf\xe9"}')
    with pytest.raises(DatasetError, match=r"latin\.jsonl:2: is not UTF-8"):
        read_cases(tmp_path / "latin.jsonl")


def test_a_version_is_the_content_whatever_its_order_and_spacing(tmp_path: Path) -> None:
    lines = [json.dumps(row) for row in ROWS]
    spaced = [
        json.dumps(dict(reversed(row.items())), indent=None, separators=(" , ", " : "))
        for row in ROWS
    ]
    first = dataset_version("x", read_cases(written(tmp_path, *lines)))
    assert first == dataset_version("x", read_cases(written(tmp_path, *reversed(spaced))))
    assert first.cases == 2
    changed = [lines[0].replace('24 months"', '25 months"'), lines[1]]
    assert first.hash != dataset_version("x", read_cases(written(tmp_path, *changed))).hash


def test_tags_choose_cases_and_unknown_ones_are_reported(tmp_path: Path) -> None:
    cases = read_cases(written(tmp_path, *map(json.dumps, ROWS)))
    assert [case.id for case in tagged(cases, ["unanswerable"])] == ["b"]
    assert tagged(cases, []) == cases
    with pytest.raises(
        DatasetError, match="no case is tagged 'facts'; there are: fact, unanswerable"
    ):
        tagged(cases, ["facts"])
