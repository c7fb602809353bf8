"""Moving aliases: checked, recorded, undone, by several at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from prompts.aliases.alias_file import Place
from prompts.aliases.traffic_split import only, parse_target
from prompts.errors import AliasesLocked, MoveRefused, NotGated, PromptError
from prompts.linting import lint
from prompts.moves.gating import GatePass
from prompts.moves.history import history_file, read_history
from prompts.moves.moving import AliasMover, MoveNote
from prompts.registry import PromptRegistry
from prompts.versions.version import PromptVersion
from tests.prompts.conftest import write

ROOT = Path(__file__).resolve().parents[3]
CANDIDATE = Place("answer", "candidate")
LIVE = Place("answer", "production")
SAID = MoveNote("anna", "it is better")


def never(version: PromptVersion, place: Place) -> list[GatePass]:
    raise NotGated(f"no gate run is about {version.version} at {place}")


def passed(version: PromptVersion, place: Place) -> list[GatePass]:
    return [
        GatePass(
            document_set=place.document_set or "depot", prompt=f"answer@{version.version}",
            prompt_hash=version.content_hash, manifest="m1", verdict="g.json", verdict_hash="h",
            sentence="No worse.",
        )
    ]  # fmt: skip


def test_a_move_is_made_recorded_and_seen_by_who_reads_already(registry: PromptRegistry) -> None:
    serving = PromptRegistry(registry.folder)
    assert serving.get("answer").version == "v1"
    move = AliasMover(registry).move(LIVE, only("v2"), passed, SAID)
    assert serving.get("answer").version == "v2"
    assert (move.before, move.after, move.by, move.why) == ("v1", "v2", "anna", "it is better")
    assert read_history(registry.watched.file) == [move]
    assert move.gates == tuple(passed(registry.get("answer", "v2"), LIVE))
    assert lint(registry) == []


def test_an_alias_of_one_set_leaves_the_others(registry: PromptRegistry) -> None:
    mover = AliasMover(registry)
    mover.move(Place("answer", "candidate", "depot"), only("v2"), never, SAID)
    assert registry.get("answer", "candidate", "depot").version == "v2"
    with pytest.raises(PromptError):
        registry.get("answer", "candidate", "handbook")
    mover.move(Place("answer", "production", "depot"), only("v2"), passed, SAID)
    assert registry.get("answer", "production", "depot").version == "v2"
    assert registry.get("answer", "production", "handbook").version == "v1"


def test_moves_are_taken_back_one_after_the_other(registry: PromptRegistry) -> None:
    mover = AliasMover(registry)
    split = parse_target({"split": {"v1": 90, "v2": 10}})
    mover.move(CANDIDATE, only("v1"), never, SAID)
    mover.move(CANDIDATE, split, never, SAID)
    mover.move(CANDIDATE, only("v2"), never, SAID)
    assert mover.rollback(CANDIDATE).after == split.as_yaml()
    assert mover.rollback(CANDIDATE).after == "v1"
    mover.move(CANDIDATE, only("v2"), never, SAID)
    assert mover.rollback(CANDIDATE).after == "v1"
    assert mover.rollback(CANDIDATE).after is None
    assert "candidate" not in registry.aliases("answer")
    with pytest.raises(MoveRefused, match=r"no move of answer@candidate to take back"):
        mover.rollback(CANDIDATE)
    assert [m.kind[0] for m in read_history(registry.watched.file)] == list("psprrprr")


def test_a_protected_alias_needs_a_gate_to_move_and_none_to_move_back(
    registry: PromptRegistry,
) -> None:
    mover = AliasMover(registry)
    with pytest.raises(NotGated, match="no gate run is about v2"):
        mover.move(LIVE, only("v2"), never, SAID)
    assert registry.get("answer").version == "v1"
    assert read_history(registry.watched.file) == []
    mover.move(LIVE, only("v2"), passed, SAID)
    assert mover.rollback(LIVE).after == "v1"


def test_an_override_needs_a_reason_and_is_recorded(registry: PromptRegistry) -> None:
    mover = AliasMover(registry)
    for why in (None, "", "  "):
        with pytest.raises(MoveRefused, match="--override needs a reason"):
            mover.move(LIVE, only("v2"), never, MoveNote("anna", why, override=True))
    move = mover.move(LIVE, only("v2"), never, MoveNote("anna", "outage", override=True))
    assert (move.override, move.why, move.gates) == (True, "outage", ())
    assert read_history(registry.watched.file)[-1].override
    with pytest.raises(MoveRefused, match="is not protected"):
        mover.move(CANDIDATE, only("v2"), never, MoveNote("anna", "x", override=True))


def test_only_a_growing_share_needs_a_gate(registry: PromptRegistry) -> None:
    mover = AliasMover(registry)
    asked: list[str] = []

    def noting(version: PromptVersion, place: Place) -> list[GatePass]:
        asked.append(version.version)
        return passed(version, place)

    mover.move(LIVE, parse_target({"split": {"v1": 90, "v2": 10}}), noting, SAID)
    assert asked == ["v2"]
    mover.move(LIVE, parse_target({"split": {"v1": 95, "v2": 5}}), noting, SAID)
    assert asked == ["v2", "v1"]
    mover.move(LIVE, only("v2"), noting, SAID)
    assert asked == ["v2", "v1", "v2"]


def test_an_own_alias_of_a_set_that_changes_nothing_needs_no_gate(registry: PromptRegistry) -> None:
    AliasMover(registry).move(Place("answer", "production", "depot"), only("v1"), never, SAID)
    assert registry.get("answer", "production", "depot").version == "v1"


def test_what_is_not_locked_goes_to_no_protected_alias(registry: PromptRegistry) -> None:
    write(registry.folder, "v3")
    mover = AliasMover(registry)
    mover.move(CANDIDATE, only("v3"), never, SAID)
    with pytest.raises(MoveRefused, match=r"answer@v3 is not locked.*lint --lock"):
        mover.move(LIVE, only("v3"), passed, MoveNote("anna", "now", override=True))


@pytest.mark.parametrize(
    ("place", "version", "message"),
    [
        (LIVE, "v9", "no version or alias 'v9'"),
        (Place("nonesuch", "production"), "v1", "'nonesuch' has no version"),
        (Place("answer", "v2"), "v1", "cannot be an alias"),
        (LIVE, "v1", "answer@production is at v1 already"),
    ],
)
def test_a_move_to_nowhere_is_reported_and_not_made(
    registry: PromptRegistry, place: Place, version: str, message: str
) -> None:
    before = registry.watched.file.read_bytes()
    with pytest.raises(PromptError, match=message):
        AliasMover(registry).move(place, only(version), passed, SAID)
    assert registry.watched.file.read_bytes() == before
    assert read_history(registry.watched.file) == []


def test_what_was_edited_by_hand_is_not_taken_back_blindly(registry: PromptRegistry) -> None:
    mover = AliasMover(registry)
    mover.move(CANDIDATE, only("v2"), never, SAID)
    file = registry.watched.file
    file.write_text(file.read_text().replace("candidate: v2", "candidate: v1"))
    assert [one for one in lint(registry) if "edited by hand" in one]
    with pytest.raises(MoveRefused, match="is at v1 now, moved by somebody else or edited by hand"):
        mover.rollback(CANDIDATE)
    assert mover.move(CANDIDATE, only("v2"), never, SAID).before == "v1"


def test_an_alias_that_moves_while_it_is_checked_is_not_moved_again(
    registry: PromptRegistry,
) -> None:
    def meanwhile(version: PromptVersion, place: Place) -> list[GatePass]:
        write(registry.folder, "v3")
        registry.watched.file.write_text("answer: {production: v3}")
        return passed(version, place)

    with pytest.raises(MoveRefused, match="is at v3 now"):
        AliasMover(registry).move(LIVE, only("v2"), meanwhile, SAID)
    assert registry.get("answer").version == "v3"


def test_a_move_waits_for_another_and_tells_one_that_does_not_end(registry: PromptRegistry) -> None:
    with (
        FileLock(registry.folder / ".aliases.yaml.lock"),
        pytest.raises(AliasesLocked, match="another process has been moving"),
    ):
        AliasMover(registry, lock_timeout_s=0.05).move(CANDIDATE, only("v2"), never, SAID)


def test_many_movers_at_once_lose_nothing(registry: PromptRegistry) -> None:
    """Four processes make six moves each, each of an alias of its own; all stand at the end."""
    code = (
        "import sys; from pathlib import Path; from prompts.registry import PromptRegistry; "
        "from prompts.moves.moving import *; from prompts.aliases.alias_file import Place; "
        "from prompts.aliases.traffic_split import only\n"
        "folder, me = Path(sys.argv[1]), sys.argv[2]\n"
        "mover = AliasMover(PromptRegistry(folder))\n"
        "for n in range(6):\n"
        "    mover.move(Place('answer', me), only(f'v{n % 2 + 1}'), None, MoveNote(me))\n"
    )
    movers = [
        subprocess.Popen([sys.executable, "-c", code, registry.folder, f"m{n}"], cwd=ROOT)
        for n in range(4)
    ]
    assert [mover.wait(timeout=120) for mover in movers] == [0, 0, 0, 0]
    assert len(read_history(registry.watched.file)) == 24
    aliases = registry.aliases("answer")
    assert {name: str(aliases[name]) for name in aliases} == {
        "production": "v1", **{f"m{n}": "v2" for n in range(4)},
    }  # fmt: skip
    assert lint(registry) == []


def test_moves_of_a_folder_that_is_not_written_go_to_the_volume(
    registry: PromptRegistry, tmp_path: Path
) -> None:
    write(registry.folder, "v1", "condense", variables=["history", "question"],
          messages=[{"role": "user", "content": "{history} {question}"}])  # fmt: skip
    (registry.folder / "aliases.yaml").write_text(
        "{answer: {production: v1, canary: v2}, condense: {production: v1}}"
    )
    shipped = {file: file.read_bytes() for file in registry.folder.rglob("*") if file.is_file()}
    volume = tmp_path / "volume"
    volume.mkdir()
    outside = PromptRegistry(registry.folder, volume / "aliases.yaml")
    AliasMover(outside).move(LIVE, only("v2"), passed, SAID)
    assert outside.get("answer").version == "v2"
    assert outside.get("answer", "canary").version == "v2"
    assert outside.get("condense").version == "v1"
    # Only what was moved is taken over, so that the other prompt goes on following the folder.
    assert "condense" not in (volume / "aliases.yaml").read_text()
    assert len(read_history(volume / "aliases.yaml")) == 1
    after = {file: file.read_bytes() for file in registry.folder.rglob("*") if file.is_file()}
    assert after == shipped
    assert AliasMover(outside).rollback(LIVE).after == "v1"


def test_a_place_that_cannot_be_written_is_reported_with_the_mend(registry: PromptRegistry) -> None:
    history_file(registry.watched.file).mkdir()
    with pytest.raises(PromptError, match="PLUMB_PROMPT_ALIASES"):
        AliasMover(registry).move(CANDIDATE, only("v2"), never, SAID)
    assert "candidate" not in registry.aliases("answer")


def test_a_line_torn_by_a_crash_is_no_move_and_spoils_no_other(registry: PromptRegistry) -> None:
    mover = AliasMover(registry)
    first = mover.move(CANDIDATE, only("v2"), never, SAID)
    file = history_file(registry.watched.file)
    with file.open("a") as stream:
        stream.write('{"at": "2026-01-01T00:00')
    assert read_history(registry.watched.file) == [first]
    second = mover.move(CANDIDATE, only("v1"), never, SAID)
    assert read_history(registry.watched.file) == [first, second]
    assert all(json.loads(line) for line in file.read_text().splitlines())
