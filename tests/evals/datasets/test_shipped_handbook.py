"""The shipped suite over the handbook: does all that it names exist?"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from evals.datasets.case import Case
from evals.datasets.suite import Suite
from prompts.registry import PromptRegistry, shipped_prompts

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "evals" / "suites" / "handbook.yaml"


@pytest.fixture(scope="module")
def suite() -> Suite:
    return Suite.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def test_its_slices_are_tags_of_its_dataset(suite: Suite) -> None:
    lines = (FILE.parent / suite.dataset).read_text(encoding="utf-8").splitlines()
    tags = {tag for line in lines for tag in Case.model_validate_json(line).tags}
    assert set(suite.gate.slices) <= tags


def test_its_prompts_are_shipped_and_ask_for_different_passages(suite: Suite) -> None:
    registry = PromptRegistry(shipped_prompts())
    found = [registry.get("answer", reference) for reference in suite.prompts]
    assert len(found) > 1
    # The extractive model reads no instructions: offline, passages are all that can differ.
    assert len({prompt.retrieval.passages for prompt in found}) == len(found)


def test_its_document_set_is_the_one_of_the_example(suite: Suite) -> None:
    text = (ROOT / "docs" / "examples" / "handbook.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["document_set"] == suite.document_set


def test_what_gates_is_measured(suite: Suite) -> None:
    assert set(suite.gate.metrics) <= set(suite.metrics)
