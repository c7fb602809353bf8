"""Prompt files: loading, validation, aliases."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from prompts.errors import PromptError
from prompts.registry import PromptRegistry, shipped_prompts

GOOD = {
    "description": "Answers.",
    "variables": ["question", "passages"],
    "messages": [{"role": "user", "content": "{passages} {question} {{literal}}"}],
}


def folder_with(tmp_path: Path, content: object, aliases: object = None) -> PromptRegistry:
    (tmp_path / "answer").mkdir()
    text = content if isinstance(content, str) else yaml.safe_dump(content)
    (tmp_path / "answer" / "v1.yaml").write_text(text)
    if aliases is not None:
        (tmp_path / "aliases.yaml").write_text(yaml.safe_dump(aliases))
    return PromptRegistry(tmp_path)


def test_every_shipped_prompt_loads_and_production_names_one() -> None:
    registry = PromptRegistry(shipped_prompts())
    versions = registry.versions("answer")
    assert versions
    for version in versions:
        assert registry.get("answer", version).version == version
    assert registry.get("answer").version in versions


def test_an_alias_is_followed_and_its_moves_are_seen(tmp_path: Path) -> None:
    registry = folder_with(tmp_path, GOOD, {"answer": {"production": "v1"}})
    (tmp_path / "answer" / "v2.yaml").write_text(yaml.safe_dump({**GOOD, "description": "Newer."}))
    assert registry.get("answer").version == "v1"
    (tmp_path / "aliases.yaml").write_text(yaml.safe_dump({"answer": {"production": "v2"}}))
    assert registry.get("answer").description == "Newer."


def test_versions_are_listed_oldest_first(tmp_path: Path) -> None:
    registry = folder_with(tmp_path, GOOD)
    for number in (10, 2):
        (tmp_path / "answer" / f"v{number}.yaml").write_text(yaml.safe_dump(GOOD))
    assert registry.versions("answer") == ["v1", "v2", "v10"]


def test_the_hash_names_what_reaches_the_model(tmp_path: Path) -> None:
    registry = folder_with(tmp_path, GOOD)
    (tmp_path / "answer" / "v2.yaml").write_text(yaml.safe_dump({**GOOD, "description": "Other."}))
    (tmp_path / "answer" / "v3.yaml").write_text(
        yaml.safe_dump({**GOOD, "model": {"temperature": 1}})
    )
    one, two, three = (registry.get("answer", f"v{n}").content_hash for n in (1, 2, 3))
    assert one == two != three


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"variables": ["question"]}, "used but not declared under `variables`: passages"),
        ({"variables": ["question", "passages", "x"]}, "declared but used in no message: x"),
        ({"messages": [{"role": "user", "content": "{question"}]}, "expected '}'"),
        (
            {"messages": [{"role": "user", "content": "{question!r} {passages}"}]},
            "must be a plain name",
        ),
        ({"messages": [{"role": "user", "content": "{a.b}"}]}, "must be a plain name"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role"),
        (
            {"messages": [{"role": "system", "content": "{question} {passages}"}]},
            "no message has the role `user`",
        ),
        ({"version": "v9"}, "version is 'v9', but the path says 'v1'"),
        ({"unknown": 1}, "unknown: Extra inputs are not permitted"),
        ({"description": ""}, "description"),
    ],
)
def test_a_malformed_version_is_reported_with_its_file(
    tmp_path: Path, change: dict, message: str
) -> None:
    registry = folder_with(tmp_path, {**GOOD, **change})
    with pytest.raises(PromptError) as raised:
        registry.get("answer", "v1")
    assert message in str(raised.value)
    assert "v1.yaml" in str(raised.value)


@pytest.mark.parametrize("text", ["a: [", "- a list", "\x00"])
def test_a_file_that_is_no_mapping_is_reported(tmp_path: Path, text: str) -> None:
    with pytest.raises(PromptError, match=r"v1\.yaml"):
        folder_with(tmp_path, text).get("answer", "v1")


def test_what_is_not_there_is_reported_with_what_is(tmp_path: Path) -> None:
    registry = folder_with(tmp_path, GOOD, {"answer": {"production": "v1"}})
    with pytest.raises(PromptError, match=r"no version or alias 'v7'; it has: v1, production"):
        registry.get("answer", "v7")
    with pytest.raises(PromptError, match="'nonesuch'"):
        registry.get("nonesuch")


def test_a_reference_cannot_leave_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "prompts"
    inside.mkdir()
    registry = folder_with(inside, GOOD)
    (tmp_path / "v1.yaml").write_text(yaml.safe_dump(GOOD))
    with pytest.raises(PromptError):
        registry.get("answer", "../../v1")
