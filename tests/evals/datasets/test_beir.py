"""BEIR folders, as they are published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.datasets.beir import corpus_of, is_beir, read_beir
from evals.datasets.reading import read_cases
from evals.errors import DatasetError

HEADER = "query-id\tcorpus-id\tscore\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    queries = [{"_id": f"q{n}", "text": f"question {n}?", "metadata": {}} for n in range(3)]
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text(
        f"{HEADER}q1\td1\t2\nq1\td2\t0\nq2\td3\t1\nq1\td4\t1\n"
    )
    return tmp_path


def test_judged_queries_become_cases_with_grades(folder: Path) -> None:
    assert is_beir(folder)
    first, second = read_cases(folder)
    assert (first.id, first.question, first.relevance) == ("q1", "question 1?", {"d1": 2, "d4": 1})
    assert second.relevance == {"d3": 1}
    assert corpus_of(folder) == folder / "corpus.jsonl"


def test_the_test_split_is_taken_unless_another_is_named(folder: Path) -> None:
    dev = folder / "qrels" / "dev.tsv"
    dev.write_text(f"{HEADER}q0\td1\t1\n")
    assert [case.id for case in read_beir(folder)] == ["q1", "q2"]
    assert [case.id for case in read_cases(dev)] == ["q0"]
    assert corpus_of(dev) == folder / "corpus.jsonl"
    (folder / "qrels" / "test.tsv").rename(folder / "qrels" / "train.tsv")
    with pytest.raises(DatasetError, match=r"several files of judgements.*dev.tsv, .*train.tsv"):
        read_beir(folder)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("q1\td1\n", "test.tsv:2: is not a judgement"),
        ("q1\td1\tx\n", "test.tsv:2: is not a judgement"),
        ("q1\td1\t1\nq9\td1\t1\n", "test.tsv:3: judges the query 'q9'"),
        ("q1\td1\t0\n", "says of no query"),
    ],
)
def test_bad_judgements_are_named(folder: Path, rows: str, message: str) -> None:
    (folder / "qrels" / "test.tsv").write_text(HEADER + rows)
    with pytest.raises(DatasetError) as error:
        read_beir(folder)
    assert message in str(error.value)


def test_bad_queries_are_named(folder: Path) -> None:
    queries = folder / "queries.jsonl"
    good = queries.read_text()
    for line, message in [
        ('{"_id": "q1", "text": "again"}', "queries.jsonl:4: the id 'q1' is that of line 2 too"),
        ('{"_id": "q7"}', "queries.jsonl:4: the field `text` is missing"),
        ('{"text": "x"}', "queries.jsonl:4: the field `_id` is missing"),
    ]:
        queries.write_text(f"{good}\n{line}")
        with pytest.raises(DatasetError) as error:
            read_beir(folder)
        assert message in str(error.value)


def test_a_folder_without_judgements_is_reported(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").unlink()
    with pytest.raises(DatasetError, match="holds no judgements"):
        read_beir(folder)


def test_cranfield_is_read_as_it_stands(bench_data: Path) -> None:
    cases = read_cases(bench_data / "cranfield")
    assert len(cases) == 225
    assert sum(len(case.relevance) for case in cases) == 1612
    assert cases[0].relevance["184"] == 1
