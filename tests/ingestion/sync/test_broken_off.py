"""A run that breaks off at a chosen place, and what the next one makes of it, on each backend."""

from __future__ import annotations

import pytest

from ingestion.versions import unfinished
from tests.ingestion.sync.conftest import Syncing


class Died(Exception):
    """Stands for the end of the process."""


def die_before_noting_what_is_done(monkeypatch: pytest.MonkeyPatch, times: int = 1) -> None:
    """The chunks are written, and the journal does not say so yet."""
    real, left = unfinished.note, [times]

    def note(records, name, number, journal, begun, done) -> None:
        if done and left[0]:
            left[0] -= 1
            raise Died
        real(records, name, number, journal, begun, done)

    monkeypatch.setattr(unfinished, "note", note)


def equals_a_clean_build(made: Syncing) -> bool:
    made.sync(made.definition(document_set="clean"))
    ours, theirs = made.catalogue.open("things"), made.catalogue.open("clean")
    return sorted(ours.ids()) == sorted(theirs.ids()) and ours.info.digest == theirs.info.digest


def test_a_document_half_written_and_then_deleted_is_gone(syncing, monkeypatch) -> None:
    syncing.sync()
    syncing.write_at("secret.md", "# Secret\n\nThe combination is in the lantern.\n")
    die_before_noting_what_is_done(monkeypatch)
    with pytest.raises(Died):
        syncing.sync()
    (syncing.folder / "secret.md").unlink()
    syncing.write_at("other.md", "# Other\n\nA crane lifts the load.\n")
    report = syncing.sync()
    assert report.resumed
    assert syncing.catalogue.open("things").chunks_of("secret.md") == []
    assert equals_a_clean_build(syncing)


def test_the_same_when_nothing_else_has_changed(syncing, monkeypatch) -> None:
    first = syncing.sync()
    syncing.write_at("secret.md", "# Secret\n\nThe combination is in the lantern.\n")
    die_before_noting_what_is_done(monkeypatch)
    with pytest.raises(Died):
        syncing.sync()
    (syncing.folder / "secret.md").unlink()
    assert syncing.sync().index_version == first.index_version
    assert equals_a_clean_build(syncing)


def test_a_first_build_is_gone_on_with_as_well(syncing, monkeypatch) -> None:
    die_before_noting_what_is_done(monkeypatch)
    with pytest.raises(Died):
        syncing.sync()
    (syncing.folder / "pumps.md").unlink()
    report = syncing.sync()
    assert report.resumed
    assert report.published
    assert syncing.catalogue.open("things").chunks_of("pumps.md") == []
    assert equals_a_clean_build(syncing)


def test_documents_that_were_done_are_not_embedded_again(syncing, monkeypatch) -> None:
    monkeypatch.setattr("ingestion.sync.engines.local.WINDOW", 1)
    real = unfinished.note
    noted: list[int] = []

    def note(records, name, number, journal, begun, done) -> None:
        noted.append(len(done))
        if sum(noted) > 2:
            raise Died
        real(records, name, number, journal, begun, done)

    monkeypatch.setattr(unfinished, "note", note)
    with pytest.raises(Died):
        syncing.sync()
    monkeypatch.setattr(unfinished, "note", real)
    report = syncing.sync()
    assert report.resumed
    assert 0 < report.embedded < report.chunks_in_set
    assert equals_a_clean_build(syncing)
