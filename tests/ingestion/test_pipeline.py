"""A whole run of ingestion on real files, with both backends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingestion import pipeline
from ingestion.embedding import Embedder
from ingestion.errors import IndexUnavailable, ModelMismatch, SourceError
from ingestion.index.protocol import IndexStore
from ingestion.loaders import RecordFields
from ingestion.settings import ChunkingSettings, LoadingSettings


@pytest.fixture
def run(store: IndexStore, embedder: Embedder):
    def ingest(path: Path, **options: Any) -> pipeline.IngestReport:
        defaults: dict[str, Any] = {
            "chunking": ChunkingSettings(),
            "loading": LoadingSettings(),
        }
        return pipeline.ingest(
            path, "set", store=store, embedder=embedder, **{**defaults, **options}
        )

    return ingest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "one.md").write_text("# One\n\nThe pump is blue.\n")
    (folder / "sub" / "two.txt").write_text("The valve is red.")
    return folder


def texts(store: IndexStore) -> dict[str, str]:
    """Document id -> its chunks' text, joined."""
    opened = store.open("set")
    found: dict[str, str] = {}
    any_vector = opened.dense
    import numpy as np

    keys = [hit.key for hit in any_vector(np.full(384, 384**-0.5, dtype=np.float32), 1000)]
    for chunk in sorted(opened.chunks(keys), key=lambda chunk: chunk.ordinal):
        found[chunk.document_id] = found.get(chunk.document_id, "") + chunk.text
    return found


def test_a_folder_is_indexed_under_relative_names(run, folder: Path, store: IndexStore) -> None:
    seen: list[tuple[int, int]] = []
    report = run(folder, on_progress=lambda p: seen.append((p.chunks, p.bytes_read)))
    assert (report.indexed, report.chunks, report.skipped) == (2, 2, [])
    assert texts(store) == {"one.md": "The pump is blue.", "sub/two.txt": "The valve is red."}
    assert seen[-1][0] == 2
    chunk = store.open("set").chunks([store.open("set").lexical("pump", 1)[0].key])[0]
    assert chunk.source == str(folder / "one.md")


def test_unchanged_documents_cost_nothing_and_changed_ones_are_replaced(run, folder, store) -> None:
    first = run(folder)
    again = run(folder)
    assert (again.indexed, again.unchanged, again.chunks) == (0, 2, 0)
    assert again.index_version == first.index_version
    (folder / "one.md").write_text("# One\n\nThe pump is green.\n")
    changed = run(folder)
    assert (changed.indexed, changed.unchanged) == (1, 1)
    assert changed.index_version != first.index_version
    assert texts(store)["one.md"] == "The pump is green."
    assert store.open("set").count() == 2


def test_other_chunking_makes_every_document_new(run, folder, store) -> None:
    run(folder)
    report = run(folder, chunking=ChunkingSettings(max_tokens=64))
    assert (report.indexed, report.unchanged) == (2, 0)
    assert store.open("set").count() == 2


def test_the_rest_goes_on_around_what_is_broken(run, folder, store) -> None:
    (folder / "broken.docx").write_bytes(b"PK\x03\x04 no zip")
    (folder / "empty.md").write_text("  \n")
    (folder / "what.xyz").write_text("?")
    report = run(folder)
    assert report.indexed == 2
    assert {item.document for item in report.skipped} == {"broken.docx", "empty.md", "what.xyz"}
    assert all(item.document in item.reason and len(item.reason) > 20 for item in report.skipped)


def test_a_document_that_breaks_keeps_its_last_good_version(run, folder, store) -> None:
    run(folder)
    (folder / "one.md").write_bytes(b"\x00\x01\x02" * 1000)
    report = run(folder)
    assert [item.document for item in report.skipped] == ["one.md"]
    assert texts(store)["one.md"] == "The pump is blue."


def test_records_become_documents_with_metadata(run, tmp_path: Path, store) -> None:
    rows = [
        {"key": "a", "name": "First", "body": "The anchor is heavy.", "year": 2020},
        {"key": "b", "name": "Second", "body": "The sail is light.", "year": 2021},
        {"key": "b", "name": "Again", "body": "Twice.", "year": 2022},
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)) + "\n{broken\n")
    report = run(file, records=RecordFields(id="key", title="name", text="body"))
    assert report.indexed == 2
    assert len(report.skipped) == 2
    opened = store.open("set")
    (chunk,) = opened.chunks([opened.lexical("anchor", 1)[0].key])
    assert (chunk.document_id, chunk.title, chunk.metadata) == ("a", "First", {"year": 2020})


def test_a_document_over_the_bound_is_told(run, folder) -> None:
    (folder / "long.txt").write_text("word " * 1000)
    report = run(folder, loading=LoadingSettings(max_chars=1000))
    (skipped,) = report.skipped
    assert "more than the bound of 1,000" in skipped.reason
    assert "PLUMB_LOADING_MAX_CHARS" in skipped.reason


def test_nothing_to_index_is_an_error(run, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        run(tmp_path / "nowhere")
    (tmp_path / "bad").mkdir()
    with pytest.raises(SourceError, match="bad"):
        run(tmp_path / "bad")
    (tmp_path / "bad" / "x.pdf").write_bytes(b"junk")
    with pytest.raises(SourceError, match=r"nothing in it could be indexed.*x\.pdf"):
        run(tmp_path / "bad")


def test_an_index_of_another_model_is_refused(run, folder, store) -> None:
    from tests.contract.test_index import CHUNKING, MODEL, make_chunks

    chunks, vectors = make_chunks(4)
    writer = store.writer("set", MODEL, CHUNKING)
    writer.write(chunks, vectors)
    writer.commit()
    with pytest.raises(ModelMismatch, match="content_hash"):
        run(folder)


def test_a_write_that_fails_ends_the_run_and_keeps_what_was_published(
    run, folder, store, monkeypatch
) -> None:
    first = run(folder)
    (folder / "one.md").write_text("# One\n\nThe pump is green.\n")
    real = type(store).writer

    def failing(self, *arguments):
        writer = real(self, *arguments)

        def full(*_: object) -> None:
            raise IndexUnavailable("the disk is full")

        writer.write = full
        return writer

    monkeypatch.setattr(type(store), "writer", failing)
    with pytest.raises(IndexUnavailable, match="disk is full"):
        run(folder)
    assert store.open("set").info.version == first.index_version


def test_many_documents_over_several_windows(run, tmp_path: Path, store, monkeypatch) -> None:
    monkeypatch.setattr(pipeline, "WINDOW", 8)
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(30):
        (folder / f"{number:02d}.txt").write_text(
            f"Document number {number} is here. " * (number * 3 + 1)
        )
    report = run(folder)
    opened = store.open("set")
    assert report.indexed == 30
    assert opened.count() == report.chunks > 30
    assert len(opened.documents()) == 30


def test_a_record_over_the_bound_leaves_the_rest_of_its_file(run, tmp_path: Path) -> None:
    rows = [{"id": str(n), "text": "word " * (1000 if n == 1 else 3)} for n in range(4)]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    report = run(file, loading=LoadingSettings(max_chars=1000))
    assert report.indexed == 3
    assert [item.document for item in report.skipped] == ["1"]
