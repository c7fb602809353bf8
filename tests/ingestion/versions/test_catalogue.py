"""Which version is live, on each backend."""

from __future__ import annotations

import threading

import pytest

from ingestion.errors import InvalidSetName, PublishRefused, UnknownDocumentSet, UnknownVersion
from ingestion.index.stores import open_store, records_in_files
from ingestion.settings import IndexSettings
from ingestion.sync.manual_publish import publish_version
from ingestion.sync.start import StoredDefinition, keep_definition, sync_source
from ingestion.versions import numbered
from ingestion.versions.catalogue import Catalogue, KnownVersions
from ingestion.versions.comparing import compare
from ingestion.versions.deletion_proof import probe_index
from ingestion.versions.garbage_collection import collect, purge
from tests.indexing import workbench_here
from tests.ingestion.sync.conftest import TEXTS, Syncing, syncing  # noqa: F401 (a fixture)


@pytest.fixture
def three(syncing: Syncing) -> Syncing:  # noqa: F811
    """Three versions, each with its own text in pumps.md."""
    for number in (1, 2, 3):
        syncing.write_at("pumps.md", f"# Pumps\n\nText number {number}.\n")
        syncing.sync()
    return syncing


def live(made: Syncing) -> int:
    return made.catalogue.live("things").number


def test_versions_are_found_by_name_and_number(three) -> None:
    infos = three.catalogue.versions("things")
    assert [info.number for info in infos] == [1, 2, 3]
    for info in infos:
        assert three.catalogue.find("things", info.version) == info
        assert three.catalogue.find("things", info.number) == info
        assert three.catalogue.find("things", f"v{info.number}") == info
    assert three.catalogue.names() == ["things"]


def test_what_is_not_there_is_reported_with_what_is(three) -> None:
    for wrong in ("4", "1-0000000000", "latest", ""):
        with pytest.raises(UnknownVersion, match=r"there are: 1-.*, 2-.*, 3-"):
            three.catalogue.find("things", wrong)
    with pytest.raises(UnknownDocumentSet, match=r"'thongs'.*there are: things"):
        three.catalogue.open("thongs")
    with pytest.raises(InvalidSetName):
        three.catalogue.open("../things")


def test_rollback_walks_back_and_publish_goes_forward(three) -> None:
    catalogue = three.catalogue
    assert catalogue.rollback("things", by="anna").number == 2
    assert any("number 2" in text for text in three.texts())
    assert catalogue.rollback("things").number == 1
    with pytest.raises(PublishRefused, match="no version before 1-"):
        catalogue.rollback("things")
    catalogue.publish(catalogue.find("things", 3))
    assert live(three) == 3
    assert catalogue.rollback("things").number == 1, "what was live before"
    assert catalogue.rollback("things", 2).number == 2
    with pytest.raises(PublishRefused, match="is live already"):
        catalogue.rollback("things", 2)
    log = catalogue.publications("things").log
    assert [move.action for move in log[3:5]] == ["rollback", "rollback"]
    assert log[3].by == "anna"


def test_a_sync_does_not_undo_a_rollback_made_meanwhile(three) -> None:
    catalogue = three.catalogue
    newest = catalogue.live("things")
    catalogue.rollback("things")
    with pytest.raises(PublishRefused, match=r"what is live changed to 2-"):
        catalogue.publish(newest, expected=3)
    assert live(three) == 2


def test_of_many_that_publish_upon_one_version_one_succeeds(three) -> None:
    barrier = threading.Barrier(6)
    outcomes: list[str] = []

    def publish(number: int) -> None:
        info = three.catalogue.find("things", number % 2 + 1)
        barrier.wait()
        try:
            three.catalogue.publish(info, expected=3)
            outcomes.append("done")
        except PublishRefused:
            outcomes.append("refused")

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done"] + ["refused"] * 5
    assert len(three.catalogue.publications("things").log) == 4


def test_a_diff_names_documents_and_settings(three) -> None:
    (three.folder / "valves.md").unlink()
    three.write_at("new.md", "# New\n\nA crane.\n")
    three.sync(chunking={"max_tokens": 48})
    catalogue = three.catalogue
    found = compare(catalogue, catalogue.find("things", 1), catalogue.find("things", 4))
    assert (found.added, found.changed, found.removed) == (["new.md"], ["pumps.md"], ["valves.md"])
    assert found.unchanged == 2
    assert found.shaping == ["chunking.max_tokens: 64 -> 48"]


def test_publishing_by_hand_holds_to_the_limit(three) -> None:
    three.write_at("kept.md", "# Kept\n\nOne.\n")
    for name in TEXTS:
        (three.folder / name).unlink()
    keep_definition(
        three.store.records, StoredDefinition(definition=three.definition(), base=str(three.folder))
    )
    candidate = three.catalogue.find("things", three.sync(publish=False).index_version)
    with pytest.raises(PublishRefused, match="4 of 4 documents would go"):
        publish_version(three.catalogue, candidate)
    publish_version(three.catalogue, candidate, force=True)
    assert live(three) == candidate.number


def test_collecting_keeps_the_live_one_candidates_and_what_was_asked_for(three) -> None:
    three.write_at("pumps.md", "# Pumps\n\nA candidate.\n")
    three.sync(publish=False)
    collect(three.catalogue, "things", 2, grace_s=3600)
    numbers = [info.number for info in three.catalogue.versions("things")]
    assert numbers == [1, 2, 3, 4], "readers may be at what was live within the hour"
    gone = collect(three.catalogue, "things", 2, grace_s=0)
    assert [info.number for info in gone] == [1]
    collect(three.catalogue, "things", 1, grace_s=0, candidates=True)
    assert [info.number for info in three.catalogue.versions("things")] == [3]
    assert any("number 3" in text for text in three.texts())
    three.write_at("pumps.md", "# Pumps\n\nText number 5.\n")
    assert three.sync().index_version.startswith("5-"), "numbers are not used twice"


def test_a_deletion_is_proved_after_collecting_and_purging(three) -> None:
    proof = probe_index(three.catalogue, "things", "valves.md")
    assert not proof.gone_from_answers
    (three.folder / "valves.md").unlink()
    three.sync()
    proof = probe_index(three.catalogue, "things", "valves.md")
    assert proof.gone_from_answers
    assert not proof.gone
    assert any("version 3" in probe.where and probe.found for probe in proof.probes)
    collect(three.catalogue, "things", 1, grace_s=0)
    purge(three.catalogue, "things")
    collect(three.catalogue, "things", 1, grace_s=0)
    proof = probe_index(three.catalogue, "things", "valves.md")
    assert proof.gone, [probe for probe in proof.probes if probe.found]
    assert len(proof.probes) >= 5
    assert any("number 3" in text for text in three.texts())


def test_words_copied_elsewhere_are_reported(three) -> None:
    three.write_at("copy.md", "# Copy\n\nA valve stops the flow when the pressure rises.\n")
    (three.folder / "valves.md").unlink()
    three.sync()
    proof = probe_index(three.catalogue, "things", "valves.md")
    assert any("copy.md" in probe.found for probe in proof.probes)


def test_what_dead_runs_noted_is_collected(three) -> None:
    records = three.store.records
    for kind in ("journal", "manifests"):
        records.put(numbered.key(kind, "things", 77, 0), "left by a run that died")
    collect(three.catalogue, "things", 2, grace_s=0)
    for kind in ("journal", "manifests"):
        assert 77 not in numbered.parts(records, kind, "things")
    assert set(numbered.parts(records, "manifests", "things")) == {2, 3}
    assert not numbered.parts(records, "journal", "things")


def test_records_in_files_tell_of_versions_without_opening_the_index(tmp_path, embedder) -> None:
    (tmp_path / "pumps.md").write_text("# Pumps\n\nA pump moves water.\n")
    settings = IndexSettings(url=str(tmp_path / "index"))
    store = open_store(settings)
    sync_source("things", str(tmp_path / "pumps.md"), workbench_here(store, embedder))
    records = records_in_files(settings)
    assert records is not None
    known = KnownVersions(records)
    assert known.live("things") == Catalogue(store).live("things")
    assert [row.id for row in known.manifest(known.live("things"))] == ["pumps.md"]
    assert known.all_names() == ["things"]
    store.close()
    for url in ("http://localhost:6333", "qdrant+memory:", f"qdrant+local:{tmp_path / 'q'}"):
        assert records_in_files(IndexSettings(url=url)) is None
