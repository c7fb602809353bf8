"""Index versions in LanceDB, embedded: a folder, tables, and a tag for each version.

A version is made by changing the table of the version before it, which Lance does without
copying: the tag `v{number}` names the Lance version that readers open, later changes do not touch
it. A full build begins a new table. Places are written `table@lance-version`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lancedb

from ingestion.embedding.embedder import ModelIdentity
from ingestion.errors import UnknownVersion
from ingestion.index import lance_rows
from ingestion.index.event_loop import EventLoop
from ingestion.index.lance_errors import reported
from ingestion.index.lance_indices import NEVER
from ingestion.index.lance_records import LanceRecords, require
from ingestion.index.lance_set import LanceSet
from ingestion.index.lance_writer import LanceWriter, delete_documents
from ingestion.index.protocol import SetInfo
from ingestion.index.vector_files import VectorFiles

COPIED_ROWS = 10_000
FIRST_MARGIN_S = 0.001
MOST_CLEANUPS = 40


class LanceStore:
    """Index versions in one LanceDB folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loop = EventLoop("lancedb")
        self.records = LanceRecords(folder)
        self.vectors = VectorFiles(folder)
        with reported(folder, "opened"):
            self._db = lancedb.connect(str(folder))
            self._reading = self._loop.run(lancedb.connect_async(str(folder)))

    def check(self) -> None:
        """Raise `IndexUnavailable` if the folder cannot be read."""
        with reported(self._folder, "read"):
            require(self._folder)
            self._tables()

    def open(self, info: SetInfo) -> LanceSet:
        """Open a version at its place."""
        table, version = _parse(info.place)
        with reported(self._folder, "read"):
            if table not in self._tables():
                raise UnknownVersion(
                    f"{self._folder}: version {info.version} of document set {info.name!r} has "
                    f"lost its table {table}; roll back, or index the set again."
                )
            at = self._loop.run(self._open_at(table, version))
        return LanceSet(at, info, self._folder, self._loop)

    def require(self, info: SetInfo) -> None:
        """Open the version and leave it."""
        self.open(info)

    def stage(
        self,
        name: str,
        number: int,
        model: ModelIdentity,
        base: SetInfo | None,
        without: Sequence[str] = (),
        on_copied: Callable[[int], None] = lambda _: None,
    ) -> LanceWriter:
        """Begin a version in the base's table, or in a new one; nothing is copied."""
        with reported(self._folder, "written"):
            if base is None:
                place = f"{name}.{number}"
                if place in self._tables():
                    self._db.drop_table(place)
                table = self._db.create_table(place, schema=lance_rows.schema(model.dimension))
            else:
                place, version = _parse(base.place)
                table = self._db.open_table(place)
                if table.version != version:
                    table.checkout(version)
                    table.restore()
                delete_documents(table, without)
        return LanceWriter(table, place, self._folder, number)

    def resume(
        self, place: str, name: str, number: int, model: ModelIdentity
    ) -> LanceWriter | None:
        """Go on at the head of the table, where the writer before this one stopped."""
        with reported(self._folder, "written"):
            if place not in self._tables():
                return None
            return LanceWriter(self._db.open_table(place), place, self._folder, number)

    def places(self, name: str) -> list[str]:
        """Every Lance version that a tag names; and tables that no tag keeps, by name."""
        found = []
        with reported(self._folder, "read"):
            for table in self._tables():
                if table.rpartition(".")[0] == name:
                    tags = self._db.open_table(table).tags.list()
                    found.append(table)
                    found += [f"{table}@{tag['version']}" for tag in tags.values()]
        return sorted(found)

    def remove(self, name: str, places: Iterable[str], kept: Iterable[SetInfo]) -> None:
        """Drop tables that nothing kept is in; of the others, the versions before the oldest kept."""
        needed = _needed(kept)
        with reported(self._folder, "written"):
            for table in {_parse(place)[0] for place in places} & set(self._tables()):
                if table not in needed:
                    self._db.drop_table(table)
                else:
                    _forget_before(self._db.open_table(table), needed[table])

    def leftovers(self, name: str, kept: Iterable[SetInfo]) -> list[str]:
        """Tables of no kept version, Lance versions before the oldest kept, deleted rows in files."""
        needed = _needed(kept)
        found = []
        with reported(self._folder, "read"):
            for table in sorted({_parse(place)[0] for place in self.places(name)}):
                if table not in needed:
                    found.append(f"table {table} belongs to no version")
                    continue
                rows = self._db.open_table(table).list_versions()
                older = [row for row in rows if row["version"] < min(needed[table])]
                if older:
                    found.append(f"table {table} has {len(older)} older Lance versions")
                deleted = max(
                    int(row["metadata"].get("total_deletion_file_rows", 0))
                    for row in rows
                    if row["version"] >= min(needed[table])
                )
                if deleted:
                    found.append(f"table {table} has {deleted} deleted rows still in its files")
        return found

    def rewrite(self, info: SetInfo) -> str | None:
        """Copy the rows that are left to a new table: Lance keeps deleted ones in its files."""
        table, version = _parse(info.place)
        copy = f"{info.name}.{info.number}-{int(datetime.now(UTC).timestamp() * 1000)}"
        with reported(self._folder, "written"):
            source = self._db.open_table(table)
            source.checkout(version)
            target = self._db.create_table(copy, schema=source.schema)
            batches = source.search().select(source.schema.names).to_batches(COPIED_ROWS)
            for batch in batches:
                target.add(lance_rows.as_table(batch))
            return LanceWriter(target, copy, self._folder, info.number).finish().place

    def close(self) -> None:
        """Close the folder; sets opened here can no longer be read."""
        self._loop.close()

    async def _open_at(self, name: str, version: int) -> Any:
        table = await self._reading.open_table(name)
        await table.checkout(version)
        return table

    def _tables(self) -> list[str]:
        return sorted(self._db.list_tables(limit=10_000).tables)


def _parse(place: str) -> tuple[str, int]:
    table, _, version = place.partition("@")
    return table, int(version or 0)


def _needed(kept: Iterable[SetInfo]) -> dict[str, set[int]]:
    """Lance versions that kept index versions are, by table."""
    needed: dict[str, set[int]] = {}
    for info in kept:
        table, version = _parse(info.place)
        needed.setdefault(table, set()).add(version)
    return needed


def _forget_before(table: Any, needed: set[int]) -> None:
    """Remove tags that no kept version needs, and what only Lance versions before these used."""
    for tag, at in table.tags.list().items():
        if int(at["version"]) not in needed:
            table.tags.delete(tag)
    _clean_before(table, min(needed))


def _clean_before(table: Any, version: int) -> None:
    """Remove what only Lance versions before this one used.

    Lance takes an age and counts it back from when it has compacted, a little later than now. An age
    that reaches a tagged version is refused: a greater one is tried. An age that spares a version
    written just before is too great: a smaller one is tried. Nobody writes meanwhile, the caller has
    the lease: files of no version are a dead writer's.
    """
    table.optimize(cleanup_older_than=NEVER)
    refused, too_great, margin = 0.0, math.inf, FIRST_MARGIN_S
    for _ in range(MOST_CLEANUPS):
        times = {row["version"]: row["timestamp"] for row in table.list_versions()}
        if version not in times:
            return
        since = max(datetime.now(times[version].tzinfo) - times[version], timedelta(0))
        try:
            table.optimize(
                cleanup_older_than=since + timedelta(seconds=margin), delete_unverified=True
            )
        except RuntimeError as error:
            if "tagged version" not in str(error):
                raise
            refused = margin
        else:
            if min(row["version"] for row in table.list_versions()) >= version:
                return
            too_great = margin
        if too_great - refused < FIRST_MARGIN_S:  # the delay is another one each time
            refused, too_great = 0.0, math.inf
        margin = margin * 2 if too_great == math.inf else (refused + too_great) / 2
