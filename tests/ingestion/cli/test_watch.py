"""`plumb ingest --watch`: what is watched, and that a failed sync is reported and not the end."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from evals.benchmarks.small_model import load_small
from ingestion.cli import watch as watching
from ingestion.cli.sync_request import Request
from ingestion.settings import ChunkingSettings, EmbeddingSettings, LoadingSettings, SyncSettings
from tests.ingestion.sync.conftest import Syncing, syncing  # noqa: F401 (a fixture)


@pytest.fixture
def settings() -> SimpleNamespace:
    return SimpleNamespace(
        embedding=EmbeddingSettings(model="hashed-words"),
        chunking=ChunkingSettings(max_tokens=64),
        loading=LoadingSettings(workers=0),
        sync=SyncSettings(),
    )


def test_each_change_is_synced_and_a_failure_is_reported(
    syncing: Syncing,  # noqa: F811
    settings: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "load_embedder", load_small)
    versions: list[int] = []

    def changes(paths: list[Path], remote: bool) -> Iterator[None]:
        assert (paths, remote) == ([syncing.folder], False)
        versions.append(syncing.catalogue.live("things").number)
        syncing.write_at("pumps.md", "# Pumps\n\nOnce more.\n")
        yield
        versions.append(syncing.catalogue.live("things").number)
        away = syncing.folder.rename(syncing.folder.with_name("away"))
        yield
        versions.append(syncing.catalogue.live("things").number)
        away.rename(syncing.folder)
        syncing.write_at("pumps.md", "# Pumps\n\nAnd again.\n")
        yield
        versions.append(syncing.catalogue.live("things").number)

    output = io.StringIO()
    watching.watch_and_sync(
        Request(syncing.definition(), syncing.folder, ()),
        settings,
        syncing.catalogue,
        changes=changes,
        console=Console(file=output, width=200),
    )
    assert versions == [1, 2, 2, 3]
    assert "error: " in output.getvalue()
    assert "No such file" in output.getvalue()


def test_the_system_tells_of_a_real_change(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("one", encoding="utf-8")
    waiting = iter(watching.wait_for_changes([tmp_path], remote=True))
    import threading

    stopped = threading.Event()

    def write() -> None:
        number = 0
        while not stopped.wait(0.05):
            number += 1
            file.write_text(str(number), encoding="utf-8")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert next(waiting), "a set of changes, not the empty one of a timeout"
    finally:
        stopped.set()
        writer.join()


def test_only_polling_can_watch_what_is_elsewhere(syncing: Syncing) -> None:  # noqa: F811
    definition = syncing.definition(
        sources=[
            {"url": "notes/**/*.md"},
            {"url": "s3://bucket/docs"},
            {"urls": ["https://x.example/a"]},
        ]
    )
    assert watching.watched(definition, Path("/base")) == ([Path("/base/notes")], True)
