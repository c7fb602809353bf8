"""Holds: index versions that must stay because something outside, such as a release, serves them."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from ingestion.errors import UnknownVersion, VersionInUse
from ingestion.index.protocol import SetInfo
from ingestion.index.records import Records, read_record
from ingestion.versions.catalogue import KnownVersions

HOLDS = "holds"


class Hold(BaseModel):
    """One holder's claim on one version.

    Attributes:
        holder: who needs the version, for example a release's id.
        number: the version's number.
        version: its name.
        at: since when, UTC.
        in_use: whether answers come from it now; such a hold cannot be broken.
    """

    model_config = ConfigDict(frozen=True)

    holder: str
    number: int
    version: str
    at: datetime
    in_use: bool = False


def add_hold(known: KnownVersions, records: Records, info: SetInfo, holder: str) -> Hold:
    """Keep a version for a holder until `remove_hold`; a hold that is there already stays.

    Raises:
        UnknownVersion: the version was removed meanwhile.
    """
    made = Hold(holder=holder, number=info.number, version=info.version, at=datetime.now(UTC))
    records.create(_key(info.name, holder), made.model_dump_json())
    try:
        known.find(info.name, info.version)
    except UnknownVersion:
        remove_hold(records, info.name, holder)
        raise
    return made


def mark(records: Records, name: str, holder: str, *, in_use: bool) -> None:
    """Say whether answers come from a held version now; nothing happens without a hold."""
    found = read_record(Hold, records, _key(name, holder))
    if found is not None and found.in_use != in_use:
        records.put(
            _key(name, holder), found.model_copy(update={"in_use": in_use}).model_dump_json()
        )


def remove_hold(records: Records, name: str, holder: str) -> None:
    """End a hold; nothing happens where there is none."""
    records.delete(_key(name, holder))


def holds_of(records: Records, name: str) -> list[Hold]:
    """All holds on versions of a set, oldest first."""
    found = (
        read_record(Hold, records, _key(name, holder)) for holder in records.names(_folder(name))
    )
    return sorted((one for one in found if one is not None), key=lambda one: one.at)


def break_holds(records: Records, name: str, keep: set[int]) -> list[Hold]:
    """End every hold on a version that is not among `keep`; returns those that ended.

    Raises:
        VersionInUse: answers come from one of these versions now; no hold was ended.
    """
    doomed = [one for one in holds_of(records, name) if one.number not in keep]
    for one in doomed:
        if one.in_use:
            raise VersionInUse(
                f"document set {name!r}: {one.holder} answers from version {one.version} now; "
                "promote a release of a newer version, or roll this one back, then try again."
            )
    for one in doomed:
        remove_hold(records, name, one.holder)
    return doomed


def _folder(name: str) -> str:
    return f"{HOLDS}/{name}"


def _key(name: str, holder: str) -> str:
    return f"{_folder(name)}/{holder}"
