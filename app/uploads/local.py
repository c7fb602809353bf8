"""Uploaded files in a folder of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.errors import UploadsUnavailable
from app.store.private_files import FILE, make_private_folder
from ingestion.loaders.files import reason
from prompts.whole_files import write_beside


class LocalUploads:
    """A folder for each set below one folder; folders are made when they are needed."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def folder(self, name: str) -> str:
        return os.fspath(self._root / name)

    def names(self, name: str) -> list[str]:
        with _translate_os_errors(self._root / name):
            try:
                entries = list(os.scandir(self._root / name))
            except FileNotFoundError:
                return []
        return sorted(e.name for e in entries if e.is_file() and not e.name.startswith("."))

    def save(self, name: str, file_name: str, content: BinaryIO) -> None:
        """Write it whole under a hidden name, which no sync looks at, then rename it."""
        folder = self._root / name
        with _translate_os_errors(folder / file_name):
            make_private_folder(folder)
            part = write_beside(folder / file_name, content, FILE)
            try:
                part.replace(folder / file_name)
            finally:
                part.unlink(missing_ok=True)

    def remove(self, name: str, file_name: str) -> bool:
        with _translate_os_errors(self._root / name / file_name):
            try:
                (self._root / name / file_name).unlink()
            except FileNotFoundError:
                return False
        return True


@contextmanager
def _translate_os_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UploadsUnavailable(
            f"{path}: {reason(error)}; sync.uploads must name a folder that can be written."
        ) from error
