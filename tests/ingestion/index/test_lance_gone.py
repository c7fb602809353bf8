"""An index whose folder or files cannot be read is reported as such, and never as an empty one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingestion.embedding.embedder import Embedder
from ingestion.errors import IndexUnavailable, UnknownDocumentSet, UnknownVersion
from ingestion.index.stores import open_store, open_store_late
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from ingestion.versions.catalogue import Catalogue
from tests.indexing import workbench_here
from tests.missing_packages import run_without


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def catalogue(folder: Path, embedder: Embedder, tmp_path: Path) -> Iterator[Catalogue]:
    """An index with the set `gate`."""
    (tmp_path / "rules.md").write_text("# Gate\n\nThe code changes every Monday.\n", "utf-8")
    store = open_store(IndexSettings(url=str(folder)))
    sync_source("gate", str(tmp_path / "rules.md"), workbench_here(store, embedder))
    yield Catalogue(store)
    store.close()


def reads(catalogue: Catalogue) -> list[Callable[[], object]]:
    return [
        catalogue.names,
        lambda: catalogue.live("gate"),
        lambda: catalogue.find("gate", 1),
        lambda: catalogue.versions("gate"),
        catalogue.check,
    ]


def test_a_folder_that_is_away_is_no_empty_index(catalogue: Catalogue, folder: Path) -> None:
    live = catalogue.live("gate")
    away = folder.rename(folder.with_name("away"))
    for read in reads(catalogue):
        with pytest.raises(IndexUnavailable, match="not there"):
            read()
    for write in (catalogue.store.records.put, catalogue.store.records.create):
        with pytest.raises(IndexUnavailable, match="not there"):
            write("published/other", "{}")
    assert not folder.exists(), "a write must not begin another index in its place"
    away.rename(folder)
    assert catalogue.live("gate") == live
    catalogue.check()


@pytest.mark.parametrize("garbage", [b"\xff\x00 not a record", b'{"log": 7, "name": []}'])
def test_damaged_records_are_reported(catalogue: Catalogue, folder: Path, garbage: bytes) -> None:
    shutil.copytree(folder, folder.with_name("kept"))
    for file in (folder / "_plumbline").rglob("*.json"):
        file.write_bytes(garbage)
    for read in (
        lambda: catalogue.live("gate"),
        lambda: catalogue.find("gate", 1),
        catalogue.check,
    ):
        with pytest.raises(IndexUnavailable):
            read()
    shutil.rmtree(folder)
    folder.with_name("kept").rename(folder)
    catalogue.check()


def test_records_that_may_not_be_read_are_reported(catalogue: Catalogue, folder: Path) -> None:
    published = folder / "_plumbline" / "published" / "gate.json"
    published.unlink()
    published.mkdir()  # refuses to be read, anyone who reads
    with pytest.raises(IndexUnavailable, match="directory"):
        catalogue.live("gate")


def test_a_set_that_is_whole_keeps_the_index_ready(
    catalogue: Catalogue, folder: Path, embedder: Embedder, tmp_path: Path
) -> None:
    sync_source("other", str(tmp_path / "rules.md"), workbench_here(catalogue.store, embedder))
    tables = {name: catalogue.live(name).place.partition("@")[0] for name in ("gate", "other")}
    shutil.rmtree(folder / f"{tables['gate']}.lance")
    catalogue.check()
    shutil.rmtree(folder / f"{tables['other']}.lance")
    with pytest.raises(UnknownVersion, match="lost its table"):
        catalogue.check()


def test_an_index_without_sets_is_ready_and_empty(tmp_path: Path) -> None:
    store = open_store(IndexSettings(url=str(tmp_path / "new")))
    catalogue = Catalogue(store)
    catalogue.check()
    with pytest.raises(UnknownDocumentSet):
        catalogue.live("gate")
    store.close()


def test_a_version_is_made_live_again_without_lancedb(
    catalogue: Catalogue, folder: Path, embedder: Embedder, tmp_path: Path
) -> None:
    (tmp_path / "rules.md").write_text("# Gate\n\nThe code changes every Friday.\n", "utf-8")
    sync_source("gate", str(tmp_path / "rules.md"), workbench_here(catalogue.store, embedder))
    assert catalogue.live("gate").number == 2
    arguments = ["plumb", "index", "rollback", "--set", "gate", "--index-url", str(folder)]
    code = f"import json, sys; sys.argv = json.loads({json.dumps(arguments)!r}); import plumb; plumb.main()"
    done = run_without(("lancedb", "pyarrow"), code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert catalogue.live("gate").number == 1


def test_a_lost_version_is_not_made_live_by_a_store_that_opens_late(
    catalogue: Catalogue, folder: Path
) -> None:
    store = open_store_late(IndexSettings(url=str(folder)))
    late = Catalogue(store)
    live = late.live("gate")
    store.require(live)
    late.open("gate")
    shutil.rmtree(folder / f"{live.place.partition('@')[0]}.lance")
    with pytest.raises(UnknownVersion, match="lost its table"):
        late.publish(live)
    store.close()


def test_a_folder_that_is_not_there_is_opened_at_once(tmp_path: Path) -> None:
    store = open_store_late(IndexSettings(url=str(tmp_path / "new")))
    assert Catalogue(store).names() == []
    store.close()
