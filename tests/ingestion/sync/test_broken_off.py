"""A run that breaks off at a chosen place, and what the next one makes of it, on each backend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
    assert report.embedded == 0
    assert 0 < report.reused < report.chunks_in_set, "the others are not even read"
    assert equals_a_clean_build(syncing)


@contextmanager
def die_before_judging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The version is complete, and nobody has said yet whether it goes live."""

    def publish_if_sound(*_: object, **__: object) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr("ingestion.sync.run.publish_if_sound", publish_if_sound)
        yield


def test_a_version_that_was_built_is_published_and_not_built_again(syncing, monkeypatch) -> None:
    live = syncing.sync()
    syncing.write_at("other.md", "# Other\n\nA crane lifts the load.\n")
    (syncing.folder / "pumps.md").unlink()
    with die_before_judging(monkeypatch), pytest.raises(Died):
        syncing.sync()
    assert syncing.catalogue.live("things").version == live.index_version
    (built,) = [i for i in syncing.catalogue.versions("things") if i.version != live.index_version]
    report = syncing.sync()
    assert (report.index_version, report.resumed, report.published) == (built.version, True, True)
    assert (report.embedded, report.added, report.removed, report.unchanged) == (0, 1, 1, 3)
    assert report.base_version == live.index_version
    assert not syncing.sync().changed
    assert equals_a_clean_build(syncing)


def test_it_is_built_upon_when_the_source_has_changed_since(syncing, monkeypatch) -> None:
    with die_before_judging(monkeypatch), pytest.raises(Died):
        syncing.sync()
    assert syncing.catalogue.names() == []
    syncing.write_at("other.md", "# Other\n\nA crane lifts the load.\n")
    report = syncing.sync()
    assert report.resumed
    assert report.published
    assert 0 < report.embedded < report.chunks_in_set
    assert equals_a_clean_build(syncing)


def test_it_is_passed_over_when_the_source_is_as_before(syncing, monkeypatch) -> None:
    live = syncing.sync()
    syncing.write_at("other.md", "# Other\n\nA crane lifts the load.\n")
    with die_before_judging(monkeypatch), pytest.raises(Died):
        syncing.sync()
    (syncing.folder / "other.md").unlink()
    report = syncing.sync()
    assert (report.index_version, report.changed) == (live.index_version, False)
    syncing.write_at("more.md", "# More\n\nThe lamp is lit at dusk.\n")
    assert syncing.sync().base_version == live.index_version
    assert equals_a_clean_build(syncing)


def test_a_full_build_for_other_chunks_is_not_paid_for_twice(syncing, monkeypatch) -> None:
    syncing.sync()
    with die_before_judging(monkeypatch), pytest.raises(Died):
        syncing.sync(chunking={"overlap_sentences": 1})
    report = syncing.sync(chunking={"overlap_sentences": 1})
    assert report.published
    assert report.embedded == 0
    assert "chunking" in report.full_build
    # One that fits no more is not built upon.
    with die_before_judging(monkeypatch), pytest.raises(Died):
        syncing.sync(chunking={"overlap_sentences": 2})
    report = syncing.sync(chunking={"overlap_sentences": 0})
    assert report.published
    assert not report.resumed
