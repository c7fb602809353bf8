"""The inputs of the benchmark are read right, and it sees those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.benchmarks.documents import FORMATS, loaded
from evals.benchmarks.documents.built import Input
from ingestion.documents.document import Document
from ingestion.loaders.losses import DROPPED

FEWEST = 10  # of each format


@pytest.mark.parametrize("name", FORMATS)
def test_the_inputs_of_a_format_are_read_right(name: str, tmp_path: Path) -> None:
    inputs = FORMATS[name]()
    assert len(inputs) >= FEWEST
    faults = {one.kind: one.faults(loaded(tmp_path, one.name, one.data)) for one in inputs}
    assert len(faults) == len(inputs), "two inputs are of one kind"
    assert {kind: found for kind, found in faults.items() if found} == {}


@pytest.mark.parametrize(
    ("text", "dropped", "fault"),
    [
        ("two one", ["hidden by the author: 1 word"], "lacks, or has too early: 'two'"),
        ("one two gone", ["hidden by the author: 1 word"], "has: 'gone'"),
        ("one two", [], "does not count: 'hidden by the author: 1 word'"),
        ("one\ntwo", ["hidden by the author: 1 word"], ""),
    ],
)
def test_faults_are_named(text: str, dropped: list[str], fault: str) -> None:
    item = Input("k", "a.txt", b"", ("one", "two"), ("gone",), ("hidden by the author: 1 word",))
    document = Document("a", "a", text, (), "a", "text/plain", "", {DROPPED: dropped})
    assert item.faults(document) == ([fault] if fault else [])


@pytest.mark.parametrize(("wrapped", "right"), [(True, True), (False, False)])
def test_a_line_break_is_a_space_only_where_lines_are_wrapped(wrapped: bool, right: bool) -> None:
    item = Input("k", "a.pdf", b"", ("one two",), wrapped=wrapped)
    document = Document("a", "a", "one\ntwo", (), "a", "application/pdf", "", {})
    assert (item.faults(document) == []) is right
