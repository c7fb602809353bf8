"""A re-index is a release: only the change is paid for, and readers see the old or the new."""

from __future__ import annotations

import pytest

from ingestion.errors import SetIsLeased, SourceError, UnknownDocumentSet
from ingestion.versions.lease import leased
from tests.ingestion.sync.conftest import TEXTS


def test_the_first_sync_builds_and_publishes_version_1(syncing) -> None:
    report = syncing.sync()
    assert (report.added, report.updated, report.removed, report.unchanged) == (4, 0, 0, 0)
    assert report.published
    assert report.index_version.startswith("1-")
    assert (report.documents_in_set, report.base_version) == (4, None)
    info = syncing.catalogue.live("things")
    assert (info.version, info.committed_by, info.base) == (report.index_version, "anna@here", None)
    assert {row.id for row in syncing.catalogue.manifest(info)} == set(TEXTS)


def test_nothing_changed_makes_no_version(syncing) -> None:
    first = syncing.sync()
    second = syncing.sync()
    assert (second.changed, second.embedded, second.unchanged) == (False, 0, 4)
    assert second.index_version == first.index_version
    assert second.published
    assert len(syncing.catalogue.versions("things")) == 1


def test_only_changed_chunks_are_embedded_and_deleted_documents_are_gone(syncing) -> None:
    first = syncing.sync()
    syncing.write_at("pumps.md", TEXTS["pumps.md"].replace("every spring", "every autumn"))
    (syncing.folder / "valves.md").unlink()
    syncing.write_at("new.md", "# New\n\nA crane lifts the load.\n")
    report = syncing.sync()
    assert (report.added, report.updated, report.removed, report.unchanged) == (1, 1, 1, 2)
    assert (report.embedded, report.reused) == (2, 1)
    texts = syncing.texts()
    assert any("every autumn" in text for text in texts)
    assert not any("every spring" in text or "valve" in text for text in texts)
    assert "valves.md" not in {
        chunk.document_id
        for opened in [syncing.catalogue.open("things")]
        for chunk in opened.chunks([hit.key for hit in opened.lexical("valve pressure", 10)])
    }
    assert any("valve" in text for text in syncing.texts(first.index_version))


def test_a_renamed_document_costs_no_embedding(syncing) -> None:
    syncing.sync()
    (syncing.folder / "pumps.md").rename(syncing.folder / "machines.md")
    report = syncing.sync()
    assert (report.added, report.removed, report.embedded, report.reused) == (1, 1, 0, 2)
    assert {row.id for row in syncing.catalogue.manifest(syncing.catalogue.live("things"))} == (
        set(TEXTS) - {"pumps.md"} | {"machines.md"}
    )


def test_changes_end_equal_to_a_clean_build(syncing) -> None:
    syncing.sync()
    syncing.write_at("pumps.md", "# Pumps\n\nQuite another text.\n")
    (syncing.folder / "codes.csv").unlink()
    syncing.sync()
    synced = syncing.catalogue.live("things")
    clean = syncing.sync(syncing.definition(document_set="clean"))
    other = syncing.catalogue.live("clean")
    assert clean.full_build == ""
    assert synced.digest == other.digest
    ours, theirs = syncing.catalogue.open("things"), syncing.catalogue.open("clean")
    assert sorted(ours.ids()) == sorted(theirs.ids())


def test_another_chunker_means_a_full_build_said_before(syncing) -> None:
    syncing.sync()
    report = syncing.sync(chunking={"max_tokens": 48})
    assert "chunking settings have changed" in report.full_build
    assert (report.added, report.updated, report.removed) == (0, 0, 0)
    assert syncing.catalogue.live("things").base is None
    assert report.published


def test_another_model_is_built_beside_and_switched_to(syncing) -> None:
    first = syncing.sync()
    other = syncing.definition(embedding={"model": "other-words"})
    report = syncing.sync(other, publish=False)
    assert "hashed-words to other-words" in report.full_build
    assert report.embedded == report.chunks_in_set
    assert syncing.catalogue.live("things").version == first.index_version
    syncing.catalogue.publish(syncing.catalogue.find("things", report.index_version))
    assert syncing.catalogue.live("things").model.name == "other-words"


def test_a_candidate_is_left_and_can_be_opened(syncing) -> None:
    live = syncing.sync()
    syncing.write_at("pumps.md", "# Pumps\n\nQuite another text.\n")
    report = syncing.sync(publish=False)
    assert (report.changed, report.published) == (True, False)
    assert any("Quite another" in text for text in syncing.texts(report.index_version))
    assert not any("Quite another" in text for text in syncing.texts())
    assert syncing.catalogue.live("things").version == live.index_version
    again = syncing.sync()
    assert again.published
    assert any("Quite another" in text for text in syncing.texts())


def test_a_first_candidate_is_not_live(syncing) -> None:
    report = syncing.sync(publish=False)
    with pytest.raises(UnknownDocumentSet, match=r"no live version yet; publish one of 1-"):
        syncing.catalogue.live("things")
    assert syncing.catalogue.names() == []
    assert syncing.catalogue.open("things", report.index_version).count() == 5


def test_dropping_many_documents_needs_force(syncing) -> None:
    first = syncing.sync()
    for name in ("pumps.md", "valves.md"):
        (syncing.folder / name).unlink()
    report = syncing.sync()
    assert not report.published
    assert "2 of 4 documents would go (50%)" in report.not_published
    assert syncing.catalogue.live("things").version == first.index_version
    forced = syncing.sync(force=True)
    assert forced.published
    assert syncing.catalogue.live("things").documents == 2


def test_a_document_that_stops_parsing_stays_as_it_was(syncing) -> None:
    syncing.sync()
    (syncing.folder / "pumps.md").write_bytes(b"")
    report = syncing.sync()
    (problem,) = report.problems
    assert (problem.document, problem.kept) == ("pumps.md", True)
    assert "empty" in problem.reason
    assert any("Oil the pump" in text for text in syncing.texts())
    again = syncing.sync()
    assert (again.changed, len(again.problems)) == (False, 1)
    syncing.write_at("pumps.md", TEXTS["pumps.md"])
    healed = syncing.sync()
    assert healed.problems == []
    assert (healed.updated, healed.embedded) == (0, 0)


def test_or_is_left_out_where_the_definition_says_so(syncing) -> None:
    syncing.sync()
    (syncing.folder / "pumps.md").write_bytes(b"")
    report = syncing.sync(syncing.definition(on_failure="leave_out"))
    assert (report.removed, report.problems[0].kept) == (1, False)
    assert not any("Oil the pump" in text for text in syncing.texts())


def test_records_that_vanish_from_their_file_are_gone(syncing) -> None:
    lines = [f'{{"id": "r{n}", "text": "Record number {n} about engines."}}' for n in range(5)]
    syncing.write_at("facts.jsonl", "\n".join(lines))
    first = syncing.sync()
    assert first.added == 9
    lines[1] = '{"id": "r1", "text": "Record one is about harbours now."}'
    syncing.write_at("facts.jsonl", "\n".join(lines[:4]))
    report = syncing.sync()
    assert (report.added, report.updated, report.removed) == (0, 1, 1)
    assert report.embedded == 1
    ids = {row.id for row in syncing.catalogue.manifest(syncing.catalogue.live("things"))}
    assert "r4" not in ids
    assert syncing.sync().changed is False


def test_one_id_from_two_sources_is_reported(syncing, tmp_path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "pumps.md").write_text("# Other\n\nOther pumps.\n", encoding="utf-8")
    both = syncing.definition(sources=[{"url": str(syncing.folder)}, {"url": str(other)}])
    report = syncing.sync(both)
    assert report.documents_in_set == 4
    assert "give one of the sources a prefix" in report.problems[0].reason
    apart = syncing.definition(
        sources=[{"url": str(syncing.folder)}, {"url": str(other), "prefix": "other/"}]
    )
    assert syncing.sync(apart).documents_in_set == 5


def test_nothing_that_can_be_indexed_is_an_error(syncing) -> None:
    for name in TEXTS:
        (syncing.folder / name).write_bytes(b"")
    with pytest.raises(SourceError, match="nothing in it could be indexed"):
        syncing.sync()
    assert syncing.catalogue.names() == []


def test_two_syncs_at_once_are_refused(syncing) -> None:
    with (
        leased(syncing.store.records, "things", "a sync", "ben@there"),
        pytest.raises(SetIsLeased, match="ben@there"),
    ):
        syncing.sync()


def test_a_rehearsal_says_what_would_be_done_and_does_nothing(syncing) -> None:
    syncing.sync()
    syncing.write_at("pumps.md", TEXTS["pumps.md"].replace("every spring", "every autumn"))
    for name in ("valves.md", "codes.csv"):
        (syncing.folder / name).unlink()
    syncing.write_at("new.md", "# New\n\nA crane lifts the load.\n")
    run = syncing.rehearse()
    assert (run.added, run.updated, run.removed) == (
        ["new.md"], ["pumps.md"], ["codes.csv", "valves.md"],
    )  # fmt: skip
    assert (run.to_embed, run.reused, run.unchanged) == (2, 1, 1)
    assert run.seconds_expected is not None
    assert "2 of 4 documents would go" in run.refused
    assert len(syncing.catalogue.versions("things")) == 1
    report = syncing.sync(force=True)
    assert (report.embedded, report.reused) == (run.to_embed, run.reused)


def test_old_versions_are_collected(syncing) -> None:
    for number in range(4):
        syncing.write_at("pumps.md", f"# Pumps\n\nText number {number}.\n")
        syncing.sync(keep_versions=2)
    numbers = [info.number for info in syncing.catalogue.versions("things")]
    assert numbers[-1] == 4
    # What was live a moment ago stays for the readers that are still at it.
    from ingestion.versions.garbage_collection import collect

    collect(syncing.catalogue, "things", 2, grace_s=0)
    assert [info.number for info in syncing.catalogue.versions("things")] == [3, 4]
    assert any("number 2" in text for text in syncing.texts("3"))


def test_other_record_fields_make_other_documents_of_the_same_file(syncing) -> None:
    line = '{"key": "k1", "id": "r1", "text": "About engines.", "note": "About harbours."}'
    syncing.write_at("facts.jsonl", line)
    syncing.sync()
    source = {"url": str(syncing.folder), "records": {"id": "key", "text": "note"}}
    report = syncing.sync(syncing.definition(sources=[source]))
    ids = {row.id for row in syncing.catalogue.manifest(syncing.catalogue.live("things"))}
    assert "k1" in ids
    assert "r1" not in ids
    assert any("harbours" in text for text in syncing.texts())
    assert report.changed
    assert not syncing.sync(syncing.definition(sources=[source])).changed


def test_an_index_of_before_is_rebuilt_without_embedding(
    syncing, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingestion.sync import run

    syncing.write_at(
        "r.jsonl", "".join(f'{{"id": "r{n}", "text": "Road {n}."}}\n' for n in range(9))
    )
    with monkeypatch.context() as before:
        before.setattr(run, "MAKING", "2")
        first = syncing.sync()
    rows = {row.id: row for row in syncing.catalogue.manifest(syncing.catalogue.live("things"))}
    report = syncing.sync()
    assert "documents are extracted in a newer way" in report.full_build
    assert (report.embedded, report.problems) == (0, [])
    assert report.index_version != first.index_version
    opened = syncing.catalogue.open("things")
    after = {row.id: row for row in syncing.catalogue.manifest(opened.info)}
    assert {id_: row.hash for id_, row in after.items()} == {
        id_: row.hash for id_, row in rows.items()
    }
    assert {opened.chunks_of(id_)[0].source for id_ in TEXTS} == {
        f"documents/{id_}" for id_ in TEXTS
    }


def test_terms_made_in_an_older_way_are_remade_without_embedding(
    syncing, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingestion.index import protocol
    from ingestion.sync import run

    with monkeypatch.context() as before:
        before.setattr(run, "REVISION", "0")
        before.setattr(protocol, "REVISION", "0")
        syncing.sync()
    report = syncing.sync()
    assert "search terms are made in a newer way" in report.full_build
    assert (report.embedded, report.changed) == (0, True)
    assert not syncing.sync().changed


def test_a_definition_may_state_the_language(syncing) -> None:
    syncing.sync(syncing.definition(language="de"))
    opened = syncing.catalogue.open("things")
    assert opened.info.languages == ("de",)
    assert {chunk.language for id_ in TEXTS for chunk in opened.chunks_of(id_)} == {"de"}
