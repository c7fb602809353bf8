"""Uploaded files in storage that fsspec opens."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from app.errors import UploadsUnavailable
from ingestion.sources.locations import scheme_of
from ingestion.sources.storage import open_storage, why
from prompts.errors import PlumbError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


class StoredUploads:
    """A prefix for each set below one URL. Credentials come from the environment."""

    def __init__(self, root: str) -> None:
        self._root = root.rstrip("/")

    def folder(self, name: str) -> str:
        """The set's prefix."""
        return f"{self._root}/{name}"

    def names(self, name: str) -> list[str]:
        with self._opened(name) as (filesystem, folder):
            try:
                entries = filesystem.ls(folder, detail=True)
            except FileNotFoundError:
                return []
        found = (str(e["name"]).rpartition("/")[2] for e in entries if e["type"] == "file")
        return sorted(base for base in found if base and not base.startswith("."))

    def save(self, name: str, file_name: str, content: BinaryIO) -> None:
        """Write it whole under a hidden name, which no sync looks at, then rename it."""
        beside = f".{secrets.token_hex(8)}.part"
        with self._opened(name) as (filesystem, folder):
            filesystem.makedirs(folder, exist_ok=True)
            try:
                with filesystem.open(f"{folder}/{beside}", "wb") as opened:
                    shutil.copyfileobj(content, opened)
                filesystem.mv(f"{folder}/{beside}", f"{folder}/{file_name}")
            except BaseException:
                if filesystem.exists(f"{folder}/{beside}"):
                    filesystem.rm_file(f"{folder}/{beside}")
                raise

    def remove(self, name: str, file_name: str) -> bool:
        with self._opened(name) as (filesystem, folder):
            if not filesystem.isfile(f"{folder}/{file_name}"):
                return False
            filesystem.rm_file(f"{folder}/{file_name}")
        return True

    @contextmanager
    def _opened(self, name: str) -> Iterator[tuple[AbstractFileSystem, str]]:
        url = self.folder(name)
        # A fresh one: others write there too, and a listing must not be one remembered.
        filesystem, folder = open_storage(url, {}, UploadsUnavailable, fresh=True)
        try:
            yield filesystem, folder.rstrip("/")
        except PlumbError:
            raise
        except Exception as error:  # each storage library raises errors of its own
            raise UploadsUnavailable(f"{url}: {why(error, scheme_of(url) or '')}.") from error
