"""No text is embedded twice: another set, a candidate, a full build; and what was deleted goes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evals.benchmarks.small_model import DIMENSION, small_embedder
from ingestion.embedding.embedder import Embedder
from ingestion.errors import IndexUnavailable
from ingestion.index.protocol import text_key
from ingestion.settings import SyncSettings
from ingestion.sync.stored_vectors import StoredVectors
from ingestion.versions.deletion_proof import probe_index
from ingestion.versions.garbage_collection import collect, purge
from tests.ingestion.sync.conftest import Syncing

PLENTY = 1 << 30


def stored(
    syncing: Syncing, precision: str = "float32", embedder: Embedder | None = None
) -> StoredVectors:
    identity = (embedder or small_embedder()).identity
    exact = precision == "float32"
    return StoredVectors(syncing.store.vectors, "things", identity, precision, PLENTY, exact=exact)


def unit(*seeds: int) -> list[np.ndarray]:
    rows = [np.random.default_rng(seed).normal(size=DIMENSION) for seed in seeds]
    return [(row / np.linalg.norm(row)).astype(np.float32) for row in rows]


def indexed(syncing: Syncing, name: str) -> dict[str, np.ndarray]:
    opened = syncing.catalogue.open(name)
    return opened.vectors_of([row.id for row in syncing.catalogue.manifest(opened.info)])


def test_a_second_set_embeds_nothing(syncing: Syncing) -> None:
    first = syncing.sync()
    assert (first.embedded, first.reused) == (first.chunks_in_set, 0)
    second = syncing.sync(syncing.definition(document_set="copies"))
    assert (second.embedded, second.reused) == (0, first.embedded)
    ours, theirs = indexed(syncing, "things"), indexed(syncing, "copies")
    assert ours.keys() == theirs.keys()
    assert all(np.allclose(ours[text], theirs[text], atol=1e-7) for text in ours)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux lists mapped files")
def test_no_file_of_vectors_stays_open_after_a_sync(syncing: Syncing, tmp_path: Path) -> None:
    syncing.sync()
    assert syncing.sync(syncing.definition(document_set="copies")).reused
    mapped = Path("/proc/self/maps").read_text("utf-8").splitlines()
    assert [line for line in mapped if str(tmp_path) in line and "/_vectors/" in line] == []


def test_a_text_that_comes_back_is_known(syncing: Syncing) -> None:
    syncing.sync()
    before = (syncing.folder / "pumps.md").read_text()
    syncing.write_at("pumps.md", "# Pumps\n\nNothing is known of pumps.\n")
    syncing.sync()
    syncing.write_at("pumps.md", before)
    again = syncing.sync()
    assert (again.embedded, again.reused) == (0, 2)


def test_a_candidate_cut_otherwise_takes_what_is_the_same(syncing: Syncing) -> None:
    first = syncing.sync()
    report = syncing.sync(chunking={"max_tokens": 48}, publish=False)
    assert report.full_build
    assert report.reused == first.embedded
    assert report.embedded == 0


def test_a_rehearsal_knows_them_too(syncing: Syncing) -> None:
    first = syncing.sync()
    would = syncing.rehearse(syncing.definition(document_set="copies"))
    assert (would.to_embed, would.reused) == (0, first.embedded)


def test_the_same_text_in_many_documents_is_embedded_once(syncing: Syncing) -> None:
    for number in range(5):
        syncing.write_at(f"copies/{number}.md", "# Copies\n\nThe same words everywhere.\n")
    report = syncing.sync()
    assert report.embedded == report.chunks_in_set - 4
    assert report.reused == 4


def test_off_neither_looks_nor_keeps(syncing: Syncing, monkeypatch: pytest.MonkeyPatch) -> None:
    first = syncing.sync()
    assert syncing.store.vectors.keys("things")
    from tests.ingestion.sync import conftest

    def bench_without(*arguments: Any, **chunking: Any) -> Any:
        return replace(small(*arguments, **chunking), sync=SyncSettings(kept_vectors_mb=0))

    small = conftest.small_bench
    monkeypatch.setattr(conftest, "small_bench", bench_without)
    other = syncing.sync(syncing.definition(document_set="copies"))
    assert other.embedded == first.embedded
    assert syncing.store.vectors.keys("copies") == set()
    assert syncing.store.vectors.keys("things"), "another set's are its own"
    syncing.sync()
    assert syncing.store.vectors.keys("things") == set(), "what was kept goes with the next sync"


def test_another_model_or_prefix_is_another_vector(syncing: Syncing) -> None:
    vector = unit(1)[0]
    stored(syncing).keep({"a text": vector})
    assert (stored(syncing).find(["a text"])["a text"] == vector).all()
    assert stored(syncing, embedder=small_embedder("another")).find(["a text"]) == {}
    prefixed = small_embedder().with_prefixes("", "passage: ")
    assert stored(syncing, embedder=prefixed).find(["a text"]) == {}
    of_questions = small_embedder().with_prefixes("query: ", "")
    assert "a text" in stored(syncing, embedder=of_questions).find(["a text"])


def test_float32_is_never_given_less_and_bfloat16_takes_either(syncing: Syncing) -> None:
    exact, near, only_near = unit(1, 2, 3)
    stored(syncing, "float32").keep({"both": exact})
    stored(syncing, "bfloat16").keep({"both": near, "near": only_near})
    assert list(stored(syncing, "float32").find(["both", "near"])) == ["both"]
    taking = stored(syncing, "bfloat16")
    found = taking.find(["both", "near"])
    assert taking.taken == {"bfloat16"}
    assert (found["both"] == near).all()
    assert (found["near"] == only_near).all()
    stored(syncing, "float32").keep({"exact": exact})
    assert (taking.find(["exact"])["exact"] == exact).all()
    assert taking.taken == {"bfloat16", "float32"}


def test_damaged_vectors_are_embedded_again_and_reported_once(
    syncing: Syncing, caplog: pytest.LogCaptureFixture
) -> None:
    first = syncing.sync()
    model = stored(syncing)._made
    keys = sorted(syncing.store.vectors.keys("things"))
    rows = np.stack(unit(*range(len(keys))))
    rows[0, 0], rows[1] = np.nan, 0
    syncing.store.vectors.remove("things", keys)
    syncing.store.vectors.add("things", model, keys[:3], rows[:3], PLENTY)
    syncing.store.vectors.add("things", model, keys[3:], rows[3:, :5], PLENTY)
    with caplog.at_level(logging.WARNING):
        again = syncing.sync(syncing.definition(document_set="copies"))
    assert (again.embedded, again.reused) == (first.embedded - 1, 1)
    assert len([record for record in caplog.records if "damaged" in record.message]) == 1


def test_a_sync_goes_on_where_they_cannot_be_read_or_written(
    syncing: Syncing, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise IndexUnavailable("the disk is on fire")

    for method in ("find", "add"):
        with monkeypatch.context() as patched:
            patched.setattr(syncing.store.vectors, method, refuse)
            with caplog.at_level(logging.WARNING):
                report = syncing.sync(syncing.definition(document_set=f"no-{method}"))
        assert report.published
    logged = [record for record in caplog.records if "disk is on fire" in record.message]
    assert len(logged) >= 1


def test_what_was_embedded_before_a_crash_is_not_embedded_again(
    syncing: Syncing, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingestion.sync import building

    def die(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(building, "write_apart", die)
        with pytest.raises(KeyboardInterrupt):
            syncing.sync()
    again = syncing.sync()
    assert again.resumed
    assert (again.embedded, again.reused) == (0, again.chunks_in_set)


def test_a_deleted_documents_vectors_go_with_its_versions(syncing: Syncing) -> None:
    syncing.sync()
    opened = syncing.catalogue.open("things")
    passage = opened.chunks_of("valves.md")[0].indexed_text
    (syncing.folder / "valves.md").unlink()
    syncing.sync()
    assert text_key(passage) in syncing.store.vectors.keys("things"), "a rollback may need it"
    proof = probe_index(syncing.catalogue, "things", "valves.md")
    probe = next(one for one in proof.probes if one.where == "vectors kept by text")
    assert probe.found == "vectors of 1 passages"
    assert "--purge" in probe.mend
    assert not probe.live
    collect(syncing.catalogue, "things", 1, grace_s=0)
    assert text_key(passage) not in syncing.store.vectors.keys("things")
    assert syncing.store.vectors.keys("things"), "those of other documents stay"


def test_one_changed_passage_costs_no_other_its_vector(syncing: Syncing) -> None:
    syncing.sync()
    care = next(text for text in indexed(syncing, "things") if "Oil the pump" in text)
    syncing.write_at(
        "pumps.md", "# Pumps\n\nOther words.\n\n## Care\n\nOil the pump every spring.\n"
    )
    syncing.sync()
    collect(syncing.catalogue, "things", 1, grace_s=0)
    assert syncing.store.vectors.keys("things") == {
        text_key(text) for text in indexed(syncing, "things")
    }
    assert text_key(care) in syncing.store.vectors.keys("things")


def test_a_purge_takes_what_no_version_ever_held(syncing: Syncing) -> None:
    syncing.sync()
    stored(syncing).keep({"of a sync that was given up": unit(1)[0]})
    proof = probe_index(syncing.catalogue, "things", "valves.md")
    probe = next(one for one in proof.probes if one.where == "vectors kept by text")
    assert probe.found == "vectors of 1 passages; 1 vectors of texts that no version holds"
    (syncing.folder / "valves.md").unlink()
    syncing.sync()
    for _ in range(2):
        collect(syncing.catalogue, "things", 1, grace_s=0)
        purge(syncing.catalogue, "things")
    collect(syncing.catalogue, "things", 1, grace_s=0)
    proof = probe_index(syncing.catalogue, "things", "valves.md")
    assert proof.gone, [probe for probe in proof.probes if probe.found]
    assert syncing.store.vectors.keys("things") == {
        text_key(text) for text in indexed(syncing, "things")
    }


def test_a_purge_of_one_set_leaves_anothers_alone(syncing: Syncing) -> None:
    syncing.sync()
    syncing.write_at("only.md", "# Only\n\nOnly the copies have this.\n")
    syncing.sync(syncing.definition(document_set="copies"))
    purge(syncing.catalogue, "things")
    assert len(syncing.store.vectors.keys("copies")) == 1


def test_the_limit_holds_over_all_sets(syncing: Syncing) -> None:
    vectors = syncing.store.vectors
    for number in range(8):
        texts: Sequence[str] = [f"{number}: {row}" for row in range(100)]
        StoredVectors(
            vectors,
            f"set-{number}",
            small_embedder().identity,
            "float32",
            60_000,
            exact=True,
        ).keep(dict(zip(texts, unit(*range(100)), strict=True)))
    kept = sum(len(vectors.keys(f"set-{number}")) for number in range(8))
    assert 0 < kept < 800
    assert len(vectors.keys("set-7")) == 100
