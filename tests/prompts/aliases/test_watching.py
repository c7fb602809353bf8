"""Aliases beside the prompts, or on a volume."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompts.errors import PromptError
from prompts.registry import PromptRegistry
from tests.prompts.conftest import write


def test_a_file_elsewhere_goes_before_the_folders(folder: Path, tmp_path: Path) -> None:
    write(folder, "v1", "condense", variables=["history", "question"],
          messages=[{"role": "user", "content": "{history} {question}"}])  # fmt: skip
    (folder / "aliases.yaml").write_text("{answer: {production: v1}, condense: {production: v1}}")
    volume = tmp_path / "volume"
    volume.mkdir()
    registry = PromptRegistry(folder, volume / "aliases.yaml")
    assert registry.get("answer").version == "v1"
    (volume / "aliases.yaml").write_text("answer: {production: v2}")
    assert registry.get("answer").version == "v2"
    # A prompt that was never moved there follows the folder, as when an image brings a new one.
    assert registry.get("condense").version == "v1"
    (folder / "aliases.yaml").write_text("answer: {production: v1, candidate: v1}")
    assert registry.get("answer").version == "v2"
    with pytest.raises(PromptError, match="no version or alias 'candidate'"):
        registry.get("answer", "candidate")


def test_a_file_that_went_away_brings_nothing_old_back(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "aliases.yaml"
    elsewhere.write_text("answer: {production: v2}")
    registry = PromptRegistry(folder, elsewhere)
    assert registry.get("answer").version == "v2"
    elsewhere.unlink()
    for _ in range(2):
        with pytest.raises(PromptError, match="were here and are gone"):
            registry.get("answer")
    elsewhere.write_text("answer: {production: v2}")
    assert registry.get("answer").version == "v2"


def test_a_volume_that_is_not_mounted_is_reported(folder: Path, tmp_path: Path) -> None:
    registry = PromptRegistry(folder, tmp_path / "nowhere" / "aliases.yaml")
    with pytest.raises(PromptError, match="no such folder to keep prompt aliases in"):
        registry.get("answer")


def test_a_label_that_was_removed_is_not_served_on(folder: Path) -> None:
    registry = PromptRegistry(folder)
    assert registry.get("answer").version == "v1"
    (folder / "aliases.yaml").write_text("answer: {candidate: v2}")
    with pytest.raises(
        PromptError, match=r"no version or alias 'production'; it has: v1, v2, cand"
    ):
        registry.get("answer")


def test_a_file_is_read_once_until_it_changes(folder: Path, monkeypatch) -> None:
    read: list[Path] = []
    monkeypatch.setattr(
        "prompts.aliases.watching.read_aliases", lambda file: read.append(file) or real(file)
    )
    from prompts.aliases.alias_file import read_aliases as real

    registry = PromptRegistry(folder)
    for _ in range(5):
        registry.get("answer")
    (folder / "aliases.yaml").write_text("answer: {production: v2}")
    for _ in range(5):
        assert registry.get("answer").version == "v2"
    assert len(read) == 2
