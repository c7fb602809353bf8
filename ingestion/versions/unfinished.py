"""State of an unfinished version, so that an interrupted run can resume."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from ingestion.embedding.embedder import ModelIdentity
from ingestion.index.records import Records
from ingestion.settings import ChunkingSettings
from ingestion.versions import numbered
from ingestion.versions.source_manifest import SourceDocument, pack, unpack

JOURNAL = "journal"


class Staging(BaseModel):
    """The unfinished version of a set.

    Attributes:
        number: the number it will have.
        place: where the backend builds it.
        base: the version it began from; None for a full build.
        model, chunking, extraction: what shapes it; a run with others starts again.
        arithmetic: the least exact one that its vectors may come from; a run with another goes on.
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
    arithmetic: str = ""


@dataclass(slots=True)
class Journal:
    """What an unfinished version holds beside its base.

    A document is *begun* before its chunks are deleted or written, and *done* after all of them
    are; one that was begun and is not done may be there in part.
    """

    begun: set[str] = field(default_factory=set)
    done: dict[str, SourceDocument] = field(default_factory=dict)
    parts: int = 0

    def enter(self, begun: Iterable[str], done: Iterable[SourceDocument]) -> None:
        """Take over one note: what is begun in it and not done in it is done no more."""
        begun, rows = set(begun), {row.id: row for row in done}
        self.begun |= begun
        self.done.update(rows)
        for id_ in begun - rows.keys():
            self.done.pop(id_, None)

    @property
    def partial(self) -> set[str]:
        """Documents of which chunks may be there that belong to nothing."""
        return self.begun - self.done.keys()


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
    for part in numbered.parts(records, JOURNAL, name).get(number, []):
        text = records.get(numbered.key(JOURNAL, name, number, part))
        if text is None:
            continue
        entry = json.loads(text)
        journal.enter(entry["begun"], unpack(entry["done"]))
        journal.parts = part + 1
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
    records.put(numbered.key(JOURNAL, name, number, journal.parts), entry)
    journal.parts += 1
    journal.enter(begun, rows)


def forget(records: Records, name: str, number: int) -> None:
    """Remove all that was noted: the version is complete, or given up."""
    records.delete(f"staging/{name}")
    numbered.forget(records, JOURNAL, name, number)


def note_unjudged(records: Records, name: str, number: int) -> None:
    """Note a version as built whose sync has yet to say whether it goes live."""
    records.put(f"unjudged/{name}", str(number))


def unjudged(records: Records, name: str) -> int | None:
    """The version whose sync broke off between building and judging it; None if absent."""
    text = records.get(f"unjudged/{name}")
    return int(text) if text else None


def judged(records: Records, name: str) -> None:
    """Note that the last version's sync said what happens to it."""
    records.delete(f"unjudged/{name}")


def next_number(records: Records, name: str) -> int:
    """A number that no version of the set ever had; the caller holds the set's lease."""
    key = f"counters/{name}"
    number = int(records.get(key) or 0) + 1
    records.put(key, str(number))
    return number
