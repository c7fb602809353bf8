"""When a set's sources were last synced: a record, since a sync that finds nothing new makes no version."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from ingestion.index.records import Records, read_record


class LastSync(BaseModel):
    """The last sync after which the live version held what the sources hold.

    Attributes:
        at: when it ended, in UTC.
        seconds: how long it took.
    """

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    seconds: float


def note_sync(records: Records, name: str, seconds: float) -> None:
    """Enter that a sync of a set ended well just now."""
    made = LastSync(at=datetime.now(UTC), seconds=seconds)
    records.put(_key(name), made.model_dump_json())


def last_sync(records: Records, name: str) -> LastSync | None:
    """The last sync of a set that ended well; None: none is known."""
    return read_record(LastSync, records, _key(name))


def _key(name: str) -> str:
    return f"synced/{name}"
