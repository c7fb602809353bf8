"""The lock, and the lint that holds a folder to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prompts.errors import PromptEdited, PromptError
from prompts.linting import lint, lockable
from prompts.lock import read_lock, write_lock
from prompts.registry import PromptRegistry, shipped_prompts
from tests.prompts.conftest import GOOD, write


def test_nothing_is_wrong_with_the_shipped_prompts() -> None:
    """Fails when a locked version is edited, a version is not locked, an alias points nowhere."""
    assert lint(PromptRegistry(shipped_prompts())) == []


def test_nothing_is_wrong_with_a_locked_folder(registry: PromptRegistry) -> None:
    assert lint(registry) == []


@pytest.mark.parametrize(
    "change",
    [
        {"model": {"temperature": 1}},
        {"retrieval": {"passages": 9}},
        {"messages": [GOOD["messages"][0], {"role": "user", "content": "{passages} {question}"}]},
    ],
)
def test_an_edited_version_is_found_and_answers_nothing(
    registry: PromptRegistry, change: dict[str, object]
) -> None:
    write(registry.folder, "v1", **change)
    assert [one for one in lint(registry) if "answer/v1.yaml was edited" in one]
    with pytest.raises(PromptEdited, match=r"plumb prompts new answer"):
        PromptRegistry(registry.folder).get("answer")
    with pytest.raises(PromptEdited):
        write_lock(registry.folder, lockable(registry))


def test_what_is_said_about_a_version_may_be_mended(registry: PromptRegistry) -> None:
    tested = [{"model": "openai:gpt-4.1", "suite": "handbook"}]
    write(registry.folder, "v1", description="Answers, cited.", author="b", tested_with=tested)
    assert lint(registry) == []


def test_a_version_that_is_not_locked_is_found_and_can_be(registry: PromptRegistry) -> None:
    write(registry.folder, "v10")
    write(registry.folder, "v3")
    assert [one.split(" ", 1)[0] for one in lint(registry)] == ["answer/v3.yaml", "answer/v10.yaml"]
    locked = write_lock(registry.folder, lockable(registry))
    assert [one.version for one in locked] == ["v3", "v10"]
    assert lint(registry) == []
    assert list(read_lock(registry.folder)["answer"]) == ["v1", "v2", "v3", "v10"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: (f / "answer/v2.yaml").unlink(), "answer/v2.yaml is locked and gone"),
        (lambda f: (f / "aliases.yaml").write_text("answer: {production: v7}"), "points at v7"),
        (lambda f: (f / "aliases.yaml").write_text("other: {production: v1}"), "no other/v1.yaml"),
        (lambda f: (f / "aliases.yaml").write_text("answer: v1"), "must map aliases"),
        (lambda f: (f / "lock.json").write_text("{"), "lock.json: cannot be read as a lock"),
        (lambda f: (f / "answer/v3.yml").write_text("x"), "answer/v3.yml is read by nothing"),
        (lambda f: (f / "answer/V3.yaml").write_text("x"), "answer/V3.yaml is read by nothing"),
        (lambda f: (f / "answer/v1.yaml").write_text("a: ["), "v1.yaml: cannot be read as YAML"),
        (lambda f: write(f, "v3", parent="v9"), "answer has no version v9"),
        (
            lambda f: write(
                f, "v3", messages=[{"role": "user", "content": "{passages}{question}"}]
            ),
            "no message shows a citation marker",
        ),
        (lambda f: (f / "aliases.history.jsonl").write_text("{}\n{}\n"), "line 1 is not a move"),
    ],
)
def test_everything_wrong_is_reported(registry: PromptRegistry, change, message: str) -> None:
    change(registry.folder)
    assert [one for one in lint(registry) if message in one], lint(registry)


def test_what_breaks_its_contract_is_not_locked(registry: PromptRegistry) -> None:
    write(registry.folder, "v3", messages=[{"role": "user", "content": "{passages} {question}"}])
    assert write_lock(registry.folder, lockable(registry)) == []
    assert "answer/v3.yaml is not locked" in lint(registry)[0]


def test_an_empty_folder_is_wrong(tmp_path: Path) -> None:
    assert "holds no prompts" in lint(PromptRegistry(tmp_path))[0]


def test_a_folder_without_a_lock_is_used_as_it_stands(folder: Path) -> None:
    registry = PromptRegistry(folder)
    assert registry.get("answer").version == "v1"
    assert not registry.is_locked(registry.get("answer"))


def test_the_lock_has_the_hash_that_manifests_carry(registry: PromptRegistry) -> None:
    written = json.loads((registry.folder / "lock.json").read_text())
    assert written["answer"]["v2"] == registry.get("answer", "v2").content_hash


def test_a_lock_that_cannot_be_read_is_reported_when_a_version_is_loaded(
    registry: PromptRegistry,
) -> None:
    (registry.folder / "lock.json").write_text("[]")
    with pytest.raises(PromptError, match=r"lock\.json"):
        PromptRegistry(registry.folder).get("answer")
