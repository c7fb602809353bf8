"""Document sets in LanceDB, embedded: a folder, a table for each set, a tag for what is published.

A writer adds table versions; the tag `published` names the one that readers see, and `commit`
moves it as its last step. A writer that died leaves versions that no tag names; the next writer
begins again from the tag.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lancedb

from ingestion.embedding import ModelIdentity
from ingestion.errors import IndexUnavailable, UnknownDocumentSet
from ingestion.index import lance_rows
from ingestion.index.event_loop import EventLoop
from ingestion.index.lance_errors import reported
from ingestion.index.lance_filters import quoted
from ingestion.index.lance_set import LanceSet
from ingestion.index.lance_writer import INFO_TABLE, TAG, LanceWriter
from ingestion.index.protocol import SetInfo, check_model, check_name
from ingestion.settings import ChunkingSettings


class LanceStore:
    """Document sets in one LanceDB folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loop = EventLoop("lancedb")
        with reported(folder, "opened"):
            self._db = lancedb.connect(str(folder))
            self._reading = self._loop.run(lancedb.connect_async(str(folder)))

    def check(self) -> None:
        """Raise `IndexUnavailable` if the folder cannot be read."""
        with reported(self._folder, "read"):
            self._tables()

    def names(self) -> list[str]:
        """Names of the sets with a committed version, sorted."""
        with reported(self._folder, "read"):
            return [name for name in self._tables() if name != INFO_TABLE and self._published(name)]

    def open(self, name: str) -> LanceSet:
        """Open a set at its published version."""
        with reported(self._folder, "read"):
            table = self._table(check_name(name))
            version = self._published(name) if table is not None else None
            if table is None or version is None:
                raise UnknownDocumentSet(self._unknown(name))
            at = self._loop.run(self._open_at(name, version))
            return LanceSet(at, self._info(name, version), self._folder, self._loop)

    def writer(self, name: str, model: ModelIdentity, chunking: ChunkingSettings) -> LanceWriter:
        """Open a set for writing."""
        with reported(self._folder, "written"):
            table = self._table(check_name(name))
            version = self._published(name) if table is not None else None
            before = self._info(name, version) if version is not None else None
            if before is not None:
                check_model(before, model)
            if table is None:
                table = self._db.create_table(name, schema=lance_rows.schema(model.dimension))
            elif version is None:
                table.delete("true")
            elif table.version != version:
                table.checkout(version)
                table.restore()
            return LanceWriter(self._db, table, self._folder, name, before, model, chunking)

    def drop(self, name: str) -> None:
        """Remove a set with all its versions."""
        with reported(self._folder, "written"):
            if self._table(check_name(name)) is None:
                raise UnknownDocumentSet(self._unknown(name))
            self._db.drop_table(name)
            if INFO_TABLE in self._tables():
                self._db.open_table(INFO_TABLE).delete(f"name = {quoted(name)}")

    def close(self) -> None:
        """Let go of the folder; sets opened here can no longer be read."""
        self._loop.close()

    async def _open_at(self, name: str, version: int) -> Any:
        table = await self._reading.open_table(name)
        await table.checkout(version)
        return table

    def _tables(self) -> list[str]:
        return sorted(self._db.list_tables(limit=10_000).tables)

    def _table(self, name: str) -> Any | None:
        return self._db.open_table(name) if name in self._tables() else None

    def _published(self, name: str) -> int | None:
        tags = self._db.open_table(name).tags.list()
        return int(tags[TAG]["version"]) if TAG in tags else None

    def _info(self, name: str, version: int) -> SetInfo:
        where = f"name = {quoted(name)} AND table_version = {version}"
        rows = self._db.open_table(INFO_TABLE).search().where(where).to_list()
        if not rows:
            raise IndexUnavailable(
                f"{self._folder}: document set {name!r} has lost its description; index it anew."
            )
        return SetInfo.model_validate_json(rows[0]["info"])

    def _unknown(self, name: str) -> str:
        have = ", ".join(self.names()) or "none yet; make one with `plumb ingest PATH --set NAME`"
        return f"no document set {name!r} in {self._folder}; there are: {have}."
