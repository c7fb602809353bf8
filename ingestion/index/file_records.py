"""Records as files: written whole under another name, then renamed, so that no reader sees half."""

from __future__ import annotations

import os
from pathlib import Path

from filelock import FileLock

from prompts.whole_files import write_beside

SUFFIX = ".json"
OWNER_ONLY = 0o600


class FileRecords:
    """Records below one folder, which is made when the first one is written.

    Renaming and linking are atomic on a local file system. `replace` compares under a lock that
    the system releases when its holder dies.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> str | None:
        try:
            return self._file(key).read_bytes().decode("utf-8")
        except FileNotFoundError:
            return None

    def create(self, key: str, value: str) -> bool:
        file = self._file(key)
        written = self._write_beside(file, value)
        try:
            os.link(written, file)
        except FileExistsError:
            return False
        finally:
            written.unlink()
        return True

    def replace(self, key: str, before: str, value: str) -> bool:
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / ".lock"):
            if self.get(key) != before:
                return False
            self.put(key, value)
        return True

    def put(self, key: str, value: str) -> None:
        file = self._file(key)
        self._write_beside(file, value).replace(file)

    def delete(self, key: str) -> None:
        self._file(key).unlink(missing_ok=True)

    def names(self, folder: str) -> list[str]:
        try:
            entries = [file.name for file in (self._folder / folder).iterdir()]
        except FileNotFoundError:
            return []
        return sorted(
            name.removesuffix(SUFFIX)
            for name in entries
            if name.endswith(SUFFIX) and not name.startswith(".")
        )

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}{SUFFIX}"

    def _write_beside(self, file: Path, value: str) -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        return write_beside(file, value.encode(), OWNER_ONLY)
