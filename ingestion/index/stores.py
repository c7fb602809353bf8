"""Open the index that a URL names."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, cast

from ingestion.errors import IndexUnavailable
from ingestion.index.protocol import IndexStore, SetInfo
from ingestion.index.records import Records
from ingestion.settings import IndexSettings, QdrantSettings


def open_store(settings: IndexSettings, qdrant: QdrantSettings | None = None) -> IndexStore:
    """The store behind `settings.url`; a backend's package is imported only when it is asked for.

    Raises:
        IndexUnavailable: the URL names nothing that can be opened.
    """
    url = settings.url
    if url.startswith(("http://", "https://", "qdrant+")):
        from ingestion.index.qdrant import open_qdrant

        return open_qdrant(settings, qdrant or QdrantSettings())
    if "://" in url:
        raise IndexUnavailable(
            f"{url!r} names no index; PLUMB_INDEX_URL takes a folder (LanceDB), http(s)://host:port "
            "(a Qdrant server), qdrant+local:FOLDER or qdrant+memory:."
        )
    from ingestion.index.lance import LanceStore

    return LanceStore(Path(url).expanduser())


def open_store_late(settings: IndexSettings, qdrant: QdrantSettings | None = None) -> IndexStore:
    """The store behind `settings.url`; a LanceDB folder is opened once more than its records is needed.

    For commands: importing LanceDB takes them two seconds.

    Raises:
        IndexUnavailable: see `open_store`.
    """
    if records_in_files(settings) is None:
        return open_store(settings, qdrant)
    return cast("IndexStore", _LateLance(Path(settings.url).expanduser()))


def records_in_files(settings: IndexSettings) -> Records | None:
    """The records of an index that keeps them in files, without the time it takes to open it.

    None where the index must be opened to read them, or is not there yet: then they are
    `open_store(…).records`.
    """
    folder = Path(settings.url).expanduser()
    if "://" in settings.url or settings.url.startswith("qdrant+") or not folder.is_dir():
        return None
    from ingestion.index.lance_records import LanceRecords

    return LanceRecords(folder)


class _LateLance:
    """A LanceDB folder that is there; whatever is not defined here opens it."""

    def __init__(self, folder: Path) -> None:
        from ingestion.index.lance_records import LanceRecords

        self.records = LanceRecords(folder)
        self._folder = folder

    def require(self, info: SetInfo) -> None:
        table, _, version = info.place.partition("@")
        versions = self._folder / f"{table}.lance" / "_versions"
        # Lance counts file names down from the largest number, so that the newest is listed first.
        if not (versions / f"{2**64 - 1 - int(version or 0):020}.manifest").is_file():
            self._opened.require(info)

    def close(self) -> None:
        if "_opened" in self.__dict__:
            self._opened.close()

    @cached_property
    def _opened(self) -> IndexStore:
        from ingestion.index.lance import LanceStore

        return LanceStore(self._folder)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._opened, name)
