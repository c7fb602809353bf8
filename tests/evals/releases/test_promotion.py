"""What counts as a passed gate for the version that would go live."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from app.wiring import Parts, build
from evals.errors import EvalError
from evals.releases.evidence import GatedOnLiveIndex
from evals.settings import Settings
from ingestion.embedding.embedder import Embedder
from prompts.aliases.alias_file import Place
from prompts.errors import NotGated
from prompts.moves.gating import GatePass
from tests.evals.releases.conftest import sync

LIVE = Place("answer", "production")


def manifest_of(parts: Parts, set_name: str = "depot", prompt: str = "v2") -> str:
    return parts.answers.prepare("any question", set_name, prompt=prompt).manifest.id


def checked(parts: Parts, settings: Settings, place: Place = LIVE) -> list[GatePass]:
    check = GatedOnLiveIndex(parts, settings.evals.folder)
    return check(parts.prompts.get(place.prompt, "v2" if place.prompt == "answer" else "v1"), place)


def test_a_verdict_on_this_manifest_lets_it_pass_and_is_named(
    parts: Parts, settings: Settings, judged: Callable[..., Path]
) -> None:
    file = judged(manifest_of(parts))
    (gate,) = checked(parts, settings)
    assert (gate.document_set, gate.prompt, gate.manifest) == (
        "depot", "answer@v2", manifest_of(parts),
    )  # fmt: skip
    assert (gate.verdict, gate.sentence) == (file.name, "It is no worse.")
    assert gate.verdict_hash == hashlib.sha256(file.read_bytes()).hexdigest()
    assert gate.prompt_hash == parts.prompts.get("answer", "v2").content_hash


def test_the_report_says_whether_the_baseline_is_what_is_served(
    parts: Parts, settings: Settings, judged: Callable[..., Path]
) -> None:
    judged(manifest_of(parts), baseline=manifest_of(parts, prompt="v1"))
    assert checked(parts, settings)[0].baseline_is_served
    judged(manifest_of(parts), hours=1)
    assert not checked(parts, settings)[0].baseline_is_served


def test_without_a_verdict_the_message_names_the_manifest_that_lacks_one(
    parts: Parts, settings: Settings, judged: Callable[..., Path]
) -> None:
    judged(manifest_of(parts, prompt="v1"))
    with pytest.raises(NotGated, match=rf"{manifest_of(parts)} \(answer@v2, depot 1-.*eval gate"):
        checked(parts, settings)


@pytest.mark.parametrize("later", [True, False])
def test_the_newest_verdict_of_a_suite_counts(
    parts: Parts, settings: Settings, judged: Callable[..., Path], later: bool
) -> None:
    newest = judged(manifest_of(parts), passes=later, hours=2)
    judged(manifest_of(parts), passes=not later, hours=1)
    if later:
        assert checked(parts, settings)[0].verdict == newest.name
    else:
        with pytest.raises(NotGated, match=r"did not pass .*It cites worse"):
            checked(parts, settings)


def test_a_suite_that_fails_is_not_made_good_by_another(
    parts: Parts, settings: Settings, judged: Callable[..., Path]
) -> None:
    judged(manifest_of(parts), suite="handbook")
    judged(manifest_of(parts), suite="tables", passes=False, hours=-5)
    with pytest.raises(NotGated, match="'tables'"):
        checked(parts, settings)


def test_a_new_index_version_or_setting_asks_for_a_new_gate(
    parts: Parts, settings: Settings, judged: Callable[..., Path], tmp_path: Path,
    embedder: Embedder,
) -> None:  # fmt: skip
    judged(manifest_of(parts))
    other = build(
        settings.model_copy(
            update={"retrieval": settings.retrieval.model_copy(update={"depth": 50})}
        )
    )
    with pytest.raises(NotGated):
        checked(other, settings)
    other.close()
    (tmp_path / "documents" / "warranty.md").write_text("# Warranty\n\nIt lasts 36 months.\n")
    sync(settings, "depot", tmp_path / "documents", embedder)
    now = build(settings)
    with pytest.raises(NotGated, match="depot 2-"):
        checked(now, settings)
    now.close()


def test_an_alias_for_all_sets_needs_a_gate_on_each_that_takes_it(
    parts: Parts, settings: Settings, judged: Callable[..., Path], tmp_path: Path,
    embedder: Embedder,
) -> None:  # fmt: skip
    sync(settings, "yard", tmp_path / "documents", embedder)
    judged(manifest_of(parts, "depot"))
    with pytest.raises(NotGated, match="answer@v2, yard"):
        checked(parts, settings)
    assert [
        gate.document_set for gate in checked(parts, settings, LIVE._replace(document_set="depot"))
    ] == ["depot"]
    judged(manifest_of(parts, "yard"))
    assert [gate.document_set for gate in checked(parts, settings)] == ["depot", "yard"]
    # A set with an alias of its own goes by that, and asks for nothing here.
    aliases = settings.prompt.folder / "aliases.yaml"
    aliases.write_text(
        "answer: {production: v1}\ndocument_sets: {yard: {answer: {production: v1}}}\n"
    )
    assert [gate.document_set for gate in checked(parts, settings)] == ["depot"]


def test_no_gate_can_vouch_for_another_prompt(parts: Parts, settings: Settings) -> None:
    with pytest.raises(NotGated, match=r"for the prompt 'condense'.*--override"):
        checked(parts, settings, Place("condense", "production"))


def test_a_verdict_that_cannot_be_read_is_not_passed_over(
    parts: Parts, settings: Settings, judged: Callable[..., Path]
) -> None:
    broken = judged(manifest_of(parts)).with_name("zz-vd_z.json")
    broken.write_text("{}")
    with pytest.raises(EvalError, match=r"zz-vd_z\.json: cannot be read as a verdict"):
        checked(parts, settings)
