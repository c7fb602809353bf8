"""An unfinished version: where it stands, so that a run that was broken off can be gone on with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from ingestion.embedding import ModelIdentity
from ingestion.index.records import Records
from ingestion.settings import ChunkingSettings
from ingestion.versions.source_manifest import SourceDocument, pack, unpack


class Staging(BaseModel):
    """The unfinished version of a set.

    Attributes:
        number: the number it will have.
        place: where the backend builds it.
        base: the version it began from; None for a full build.
        model, chunking, extraction: what shapes it; a run with others begins anew.
        began: when, in UTC.
        by: who began it.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    place: str
    base: int | None
    model: ModelIdentity
    chunking: ChunkingSettings
    extraction: str
    began: datetime
    by: str


@dataclass(slots=True)
class Journal:
    """What an unfinished version holds beside its base.

    A document is *begun* before its chunks are deleted or written, and *done* after all of them
    are; one that was begun and is not done may be there in part.
    """

    begun: set[str] = field(default_factory=set)
    done: dict[str, SourceDocument] = field(default_factory=dict)
    parts: int = 0


def read(records: Records, name: str) -> Staging | None:
    """The unfinished version of a set, if there is one."""
    text = records.get(f"staging/{name}")
    return Staging.model_validate_json(text) if text else None


def begin(records: Records, name: str, staging: Staging) -> None:
    """Note an unfinished version."""
    records.put(f"staging/{name}", staging.model_dump_json())


def read_journal(records: Records, name: str, number: int) -> Journal:
    """What was noted of an unfinished version."""
    journal = Journal()
    for part in records.names(_folder(name, number)):
        text = records.get(f"{_folder(name, number)}/{part}")
        if text is None:
            continue
        entry = json.loads(text)
        rows = unpack(entry["done"])
        journal.begun.update(entry["begun"])
        journal.done.update((row.id, row) for row in rows)
        for id_ in set(entry["begun"]) - {row.id for row in rows}:
            journal.done.pop(id_, None)
        journal.parts = int(part) + 1
    return journal


def note(
    records: Records,
    name: str,
    number: int,
    journal: Journal,
    begun: Iterable[str],
    done: Iterable[SourceDocument],
) -> None:
    """Note documents as begun, and those begun before as done."""
    begun, rows = sorted(begun), list(done)
    entry = json.dumps({"begun": begun, "done": pack(rows)})
    records.put(f"{_folder(name, number)}/{journal.parts:06d}", entry)
    journal.parts += 1
    journal.begun.update(begun)
    journal.done.update((row.id, row) for row in rows)


def forget(records: Records, name: str, number: int) -> None:
    """Remove all that was noted: the version is complete, or given up."""
    records.delete(f"staging/{name}")
    forget_journal(records, name, number)


def forget_journal(records: Records, name: str, number: int) -> None:
    """Remove the notes of one unfinished version."""
    for part in records.names(_folder(name, number)):
        records.delete(f"{_folder(name, number)}/{part}")


def next_number(records: Records, name: str) -> int:
    """A number that no version of the set ever had; the caller holds the set's lease."""
    key = f"counters/{name}"
    number = int(records.get(key) or 0) + 1
    records.put(key, str(number))
    return number


def _folder(name: str, number: int) -> str:
    return f"journal/{name}/{number:08d}"
