"""Uploaded files in a folder of this machine."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.errors import UploadsUnavailable
from app.store.private_files import make_private_folder
from ingestion.loaders.files import reason


class LocalUploads:
    """A folder for each set below one folder; folders are made when they are needed."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def folder(self, name: str) -> str:
        """The set's folder."""
        return os.fspath(self._root / name)

    def names(self, name: str) -> list[str]:
        """Names of the set's files."""
        with _told(self._root / name):
            try:
                entries = list(os.scandir(self._root / name))
            except FileNotFoundError:
                return []
        return sorted(e.name for e in entries if e.is_file() and not e.name.startswith("."))

    def save(self, name: str, file_name: str, content: BinaryIO) -> None:
        """Write it whole under a hidden name, which no sync looks at, then rename it."""
        folder = self._root / name
        with _told(folder / file_name):
            make_private_folder(folder)
            number, beside = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
            try:
                with os.fdopen(number, "wb") as opened:
                    shutil.copyfileobj(content, opened)
                    opened.flush()
                    os.fsync(opened.fileno())
                Path(beside).replace(folder / file_name)
            except BaseException:
                Path(beside).unlink(missing_ok=True)
                raise

    def remove(self, name: str, file_name: str) -> bool:
        """Remove the file."""
        with _told(self._root / name / file_name):
            try:
                (self._root / name / file_name).unlink()
            except FileNotFoundError:
                return False
        return True


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UploadsUnavailable(
            f"{path}: {reason(error)}; sync.uploads must name a folder that can be written."
        ) from error
