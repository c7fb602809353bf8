"""A held version stays, and forgetting a document names what that breaks: on each backend."""

from __future__ import annotations

import pytest

from ingestion.errors import UnknownVersion, VersionInUse
from ingestion.versions import holds
from ingestion.versions.deletion_proof import probe_index
from ingestion.versions.garbage_collection import break_unneeded_holds, collect, purge
from tests.ingestion.sync.conftest import Syncing, syncing  # noqa: F401 (a fixture)

HOLDER = "rel-0123456789ab"


@pytest.fixture
def held(syncing: Syncing) -> Syncing:  # noqa: F811
    """Three versions; the first holds valves.md and is held, the third is live."""
    syncing.sync()
    hold(syncing, 1)
    (syncing.folder / "valves.md").unlink()
    syncing.sync(force=True)
    syncing.write_at("pumps.md", "# Pumps\n\nAnother text.\n")
    syncing.sync()
    return syncing


def hold(made: Syncing, number: int, holder: str = HOLDER) -> holds.Hold:
    info = made.catalogue.find("things", number)
    return holds.add_hold(made.catalogue, made.store.records, info, holder)


def numbers(made: Syncing) -> list[int]:
    return [info.number for info in made.catalogue.versions("things")]


def test_a_held_version_is_not_collected(held: Syncing) -> None:
    collect(held.catalogue, "things", 1, grace_s=0, candidates=True, abandoned=True)
    assert numbers(held) == [1, 3]
    opened = held.catalogue.open("things", 1)
    assert opened.chunks_of("valves.md"), "it can still be read"
    holds.remove_hold(held.store.records, "things", HOLDER)
    collect(held.catalogue, "things", 1, grace_s=0)
    assert numbers(held) == [3]


def test_later_syncs_leave_it(held: Syncing) -> None:
    for number in range(3):
        held.write_at("pumps.md", f"# Pumps\n\nText number {number}.\n")
        held.sync(keep_versions=1)
    collect(held.catalogue, "things", 1, grace_s=0)
    assert numbers(held) == [1, 6]


def test_two_holders_hold_separately(held: Syncing) -> None:
    hold(held, 1, "rel-000000000000")
    holds.remove_hold(held.store.records, "things", HOLDER)
    collect(held.catalogue, "things", 1, grace_s=0)
    assert numbers(held) == [1, 3]


def test_a_version_that_is_gone_cannot_be_held(held: Syncing) -> None:
    info = held.catalogue.find("things", 2)
    collect(held.catalogue, "things", 1, grace_s=0)
    with pytest.raises(UnknownVersion, match="2-"):
        holds.add_hold(held.catalogue, held.store.records, info, "rel-ffffffffffff")
    assert [one.holder for one in holds.holds_of(held.store.records, "things")] == [HOLDER]


def test_forgetting_names_the_holders_that_lose_their_version(held: Syncing) -> None:
    hold(held, 3, "rel-333333333333")
    broken = break_unneeded_holds(held.catalogue, "things", 1, grace_s=0, candidates=True)
    assert [(one.holder, one.number) for one in broken] == [(HOLDER, 1)]
    collect(held.catalogue, "things", 1, grace_s=0, candidates=True)
    purge(held.catalogue, "things")
    collect(held.catalogue, "things", 1, grace_s=0, candidates=True)
    assert numbers(held) == [3]
    assert probe_index(held.catalogue, "things", "valves.md").gone


def test_what_answers_come_from_is_never_taken_away(held: Syncing) -> None:
    hold(held, 2, "rel-222222222222")
    holds.mark(held.store.records, "things", HOLDER, in_use=True)
    with pytest.raises(VersionInUse, match=f"{HOLDER} answers from version 1-"):
        break_unneeded_holds(held.catalogue, "things", 1, grace_s=0)
    assert len(holds.holds_of(held.store.records, "things")) == 2, "no hold was ended"


def test_the_proof_says_who_holds_and_who_answers(held: Syncing) -> None:
    proof = probe_index(held.catalogue, "things", "valves.md")
    found = [probe for probe in proof.probes if probe.found]
    assert found
    assert all(f"held by {HOLDER}" in probe.where for probe in found if "version 1-" in probe.where)
    assert any("--break-holds" in probe.mend for probe in found)
    assert proof.gone_from_answers
    holds.mark(held.store.records, "things", HOLDER, in_use=True)
    proof = probe_index(held.catalogue, "things", "valves.md")
    assert not proof.gone_from_answers, "a revision of that release still answers from it"
    assert any(f"in place of {HOLDER}" in probe.mend for probe in proof.probes)
