"""Records beside a LanceDB folder's tables: an index that is gone is no empty one."""

from __future__ import annotations

from pathlib import Path

from ingestion.index.file_records import FileRecords
from ingestion.index.lance_errors import reported

RECORDS = "_plumbline"


class LanceRecords(FileRecords):
    """Records below an index's folder, which must be there.

    A record that is missing means that nothing was published under its name; where the folder is
    missing as well (a disk that is not mounted, a move), nobody can tell.

    Raises:
        IndexUnavailable: by every method: the folder is not there, or cannot be read or written.
    """

    def __init__(self, index: Path) -> None:
        super().__init__(index / RECORDS)
        self._index = index

    def get(self, key: str) -> str | None:
        with reported(self._index, "read"):
            found = super().get(key)
            if found is None:
                require(self._index)
            return found

    def names(self, folder: str) -> list[str]:
        with reported(self._index, "read"):
            found = super().names(folder)
            if not found:
                require(self._index)
            return found

    def create(self, key: str, value: str) -> bool:
        with reported(self._index, "written"):
            require(self._index)
            return super().create(key, value)

    def replace(self, key: str, before: str, value: str) -> bool:
        with reported(self._index, "written"):
            require(self._index)
            return super().replace(key, before, value)

    def put(self, key: str, value: str) -> None:
        with reported(self._index, "written"):
            require(self._index)
            super().put(key, value)

    def delete(self, key: str) -> None:
        with reported(self._index, "written"):
            super().delete(key)


def require(index: Path) -> None:
    """Raise `FileNotFoundError` if there is no such folder; LanceDB itself shows it as empty."""
    if not index.is_dir():
        raise FileNotFoundError("its folder is not there; is the disk mounted?")
