"""The aliases file: by document set, protected, split."""

from __future__ import annotations

from pathlib import Path

import pytest

from prompts.aliases.alias_file import Aliases, Place, aliases_text, read_aliases
from prompts.aliases.traffic_split import only, parse_target
from prompts.errors import PromptError

FILE = """
protected: [production, canary]
answer:
  production: v1
  candidate: {split: {v1: 90, v2: 10}}
document_sets:
  handbook:
    answer: {production: v2}
"""


def aliases_of(tmp_path: Path, text: str) -> Aliases:
    file = tmp_path / "aliases.yaml"
    file.write_text(text, "utf-8")
    return read_aliases(file)


def test_a_sets_own_alias_goes_before_the_one_for_all(tmp_path: Path) -> None:
    aliases = aliases_of(tmp_path, FILE)
    assert aliases.get("answer", "production", "handbook") == only("v2")
    assert aliases.get("answer", "production", "depot") == only("v1")
    assert aliases.get("answer", "production") == only("v1")
    assert aliases.get("answer", "candidate", "handbook") == parse_target(
        {"split": {"v1": 90, "v2": 10}}
    )
    assert aliases.get("answer", "v1") is None
    assert set(aliases.of("answer", "handbook")) == {"production", "candidate"}
    assert aliases.of("answer", "handbook")["production"] == only("v2")


def test_production_is_protected_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    aliases = aliases_of(tmp_path, FILE)
    assert [aliases.is_protected(a) for a in ("production", "canary", "candidate")] == [1, 1, 0]
    assert aliases_of(tmp_path, "answer: {production: v1}").is_protected("production")
    assert not aliases_of(tmp_path, "protected: []").is_protected("production")


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    aliases = aliases_of(tmp_path, FILE)
    assert aliases_of(tmp_path, aliases_text(aliases)) == aliases
    moved = aliases.moved(Place("answer", "production", "handbook"), None)
    assert moved.get("answer", "production", "handbook") == only("v1")
    assert aliases_of(tmp_path, aliases_text(moved)) == moved


def test_the_order_of_a_split_outlives_writing(tmp_path: Path) -> None:
    target = parse_target({"split": {"v2": 10, "v1": 90}})
    written = aliases_text(Aliases({Place("answer", "a"): target}))
    assert aliases_of(tmp_path, written).get("answer", "a") == target


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("answer: v1", "answer: must map aliases to versions"),
        ("answer: [v1]", "answer: must map aliases to versions"),
        ("answer: {production: 1}", "answer: production: 1 is not a target"),
        ("answer: {production: latest}", "'latest' is not a target"),
        ("answer: {v2: v1}", "'v2' cannot be an alias"),
        ("answer: {'a b': v1}", "'a b' cannot be an alias"),
        ("protected: production", "protected: must be a list"),
        ("document_sets: [a]", "document_sets: must map"),
        ("document_sets: {depot: v1}", "document_sets: depot: must map"),
        ("document_sets: {depot: {answer: {production: x}}}", "depot: answer: production: 'x'"),
    ],
)
def test_a_malformed_file_is_reported_with_the_entry(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(PromptError, match=message) as raised:
        aliases_of(tmp_path, text)
    assert "aliases.yaml" in str(raised.value)
