"""Suites: what is read, and the errors for what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from evals.datasets.suite import read_suite, shipped_suites
from evals.errors import SuiteError

GOOD = {
    "name": "depot",
    "description": "d",
    "dataset": "cases.jsonl",
    "document_set": "depot",
    "metrics": ["recall@5", "mrr"],
    "gate": {"metrics": {"refusal_accuracy": {"margin": 0.05}, "mrr": {"margin": 0.1}}},
}


def written(tmp_path: Path, **changes) -> str:
    (tmp_path / "cases.jsonl").touch()
    file = tmp_path / "suite.yaml"
    content = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    file.write_text(yaml.safe_dump(content))
    return str(file)


def test_a_suite_has_the_whole_path_of_its_dataset(tmp_path: Path) -> None:
    suite = read_suite(written(tmp_path))
    assert suite.dataset == str(tmp_path / "cases.jsonl")
    assert suite.metric_names == ("recall@5", "mrr", "refusal_accuracy")


def test_the_hash_is_of_what_shapes_results(tmp_path: Path) -> None:
    first = read_suite(written(tmp_path))
    same = read_suite(
        written(tmp_path, description="e", prompts=["v2"], metrics=["mrr", "recall@5"], max_cost=3)
    )
    assert same.content_hash == first.content_hash
    for change in ({"metrics": ["mrr"]}, {"tags": ["x"]}, {"passages": 10}, {"document_set": "b"}):
        assert read_suite(written(tmp_path, **change)).content_hash != first.content_hash


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metrics": None}, "suite.yaml: metrics: is missing; add it"),
        ({"metric": ["x"]}, "metric: is not a field; did you mean metrics?"),
        ({"metrics": "mrr"}, "metrics: must be a list, such as [a, b] (given: 'mrr')"),
        ({"metrics": []}, "metrics: is empty; list at least one"),
        ({"name": "My Suite"}, "name: string should match pattern"),
        ({"repeats": 0}, "repeats: input should be greater than or equal to 1 (given: 0)"),
        ({"gate": {"aplha": 0.1}}, "gate.aplha: is not a field; did you mean alpha?"),
        (
            {"gate": {"metrics": {"mrr": {"magin": 1}}}},
            "gate.metrics.mrr.magin: is not a field; did you mean margin?",
        ),
        ({"dataset": "other.jsonl"}, "dataset: 'other.jsonl' is not there; it is looked for at"),
    ],
)
def test_what_is_wrong_is_reported_with_file_and_field(
    tmp_path: Path, changes, message: str
) -> None:
    with pytest.raises(SuiteError) as error:
        read_suite(written(tmp_path, **changes))
    assert message in str(error.value)
    assert "suite.yaml" in str(error.value)


def test_what_is_no_suite_is_reported(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: [")
    with pytest.raises(SuiteError, match=r"broken\.yaml: cannot be read as YAML"):
        read_suite(str(broken))
    broken.write_text("- a")
    with pytest.raises(SuiteError, match="must be a mapping"):
        read_suite(str(broken))
    with pytest.raises(SuiteError, match="is a folder"):
        read_suite(str(tmp_path))
    with pytest.raises(SuiteError, match="neither a suite's YAML file nor the name"):
        read_suite("nonsense")


def test_shipped_suites_can_be_read_by_name() -> None:
    assert {"handbook", "conversations"} <= set(shipped_suites())
    for name in shipped_suites():
        assert read_suite(name).name == name
