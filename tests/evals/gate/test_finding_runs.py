from __future__ import annotations

from pathlib import Path

import pytest

from evals.errors import UnknownRun
from evals.gate.comparison import find_pair
from evals.running.run_store import RunStore
from prompts.errors import PromptError
from prompts.registry import PromptRegistry, shipped_prompts
from tests.evals.gate.made_runs import made_run

SCORES = {"correct": [1.0, 0.0]}


@pytest.fixture
def folder(tmp_path: Path) -> RunStore:
    """Runs in the order of their ids: of two versions, two suites, one edited dataset."""
    kept = RunStore(tmp_path)
    for run_id, prompt, more in (
        ("run_1", "answer@v1", {}),
        ("run_2", "answer@v1", {}),
        ("run_3", "answer@v1", {"suite_hash": "edited"}),
        ("run_4", "answer@v2", {}),
        ("run_5", "answer@v1", {"suite": "other", "suite_hash": "o"}),
    ):
        kept.save(made_run(SCORES, prompt=prompt, id=run_id, **more))
    return kept


@pytest.fixture
def registry(tmp_path: Path) -> PromptRegistry:
    """Versions v1 to v3; `production` is v1."""
    prompts = tmp_path / "prompts"
    (prompts / "answer").mkdir(parents=True)
    text = (shipped_prompts() / "answer/v1.yaml").read_text("utf-8")
    for version in ("v1", "v2", "v3"):
        (prompts / f"answer/{version}.yaml").write_text(text, "utf-8")
    (prompts / "aliases.yaml").write_text("answer: {production: v1}\n", "utf-8")
    return PromptRegistry(prompts)


def ids(pair: tuple[object, ...]) -> list[str]:
    return [run.id for run in pair]  # type: ignore[attr-defined]


def test_ids_are_taken_as_they_are(folder: RunStore, registry: PromptRegistry) -> None:
    assert ids(find_pair("run_1", "run_5", folder, registry)) == ["run_1", "run_5"]


@pytest.mark.parametrize("before", ["v1", "production"])
def test_the_newest_run_of_a_version_on_the_same_questions_is_taken(
    folder: RunStore, registry: PromptRegistry, before: str
) -> None:
    assert ids(find_pair(before, "v2", folder, registry)) == ["run_2", "run_4"]


def test_a_run_beside_a_version_says_which_suite(
    folder: RunStore, registry: PromptRegistry
) -> None:
    assert ids(find_pair("run_4", "v1", folder, registry)) == ["run_4", "run_2"]


def test_where_only_other_questions_were_asked_that_run_is_taken_and_refused_later(
    folder: RunStore, registry: PromptRegistry
) -> None:
    folder.save(made_run(SCORES, prompt="answer@v3", id="run_6", suite_hash="third"))
    assert ids(find_pair("v2", "v3", folder, registry)) == ["run_4", "run_6"]


def test_a_file_that_cannot_be_read_is_passed_over(
    folder: RunStore, registry: PromptRegistry, tmp_path: Path
) -> None:
    (tmp_path / "runs/run_9.json").write_text("{", "utf-8")
    assert ids(find_pair("v1", "v2", folder, registry)) == ["run_2", "run_4"]


def test_a_version_that_was_never_run_says_what_to_run(
    folder: RunStore, registry: PromptRegistry
) -> None:
    with pytest.raises(UnknownRun, match="plumb eval run handbook --prompt v3"):
        find_pair("v1", "v3", folder, registry, "handbook")


def test_a_version_that_is_not_there_is_reported(
    folder: RunStore, registry: PromptRegistry
) -> None:
    with pytest.raises(PromptError, match="'v9'"):
        find_pair("v1", "v9", folder, registry)
