"""Open the index that a URL names."""

from __future__ import annotations

from pathlib import Path

from ingestion.errors import IndexUnavailable
from ingestion.index.protocol import IndexStore
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
