"""Records in parts that belong to a numbered version: its manifest, or the journal of building it."""

from __future__ import annotations

from collections.abc import Collection

from ingestion.index.records import Records


def key(kind: str, name: str, number: int, part: int) -> str:
    """Where a part is kept. `Records.names` lists one level, so number and part share a name."""
    return f"{kind}/{name}/{number:08d}-{part:06d}"


def parts(records: Records, kind: str, name: str) -> dict[int, list[int]]:
    """Version number -> its parts in order, of all versions of a set."""
    found: dict[int, list[int]] = {}
    for entry in records.names(f"{kind}/{name}"):
        number, _, part = entry.partition("-")
        found.setdefault(int(number), []).append(int(part))
    return found


def keep_only(records: Records, kind: str, name: str, numbers: Collection[int]) -> None:
    """Remove the parts of every version but some."""
    for number, its_parts in parts(records, kind, name).items():
        if number not in numbers:
            for part in its_parts:
                records.delete(key(kind, name, number, part))


def forget(records: Records, kind: str, name: str, number: int) -> None:
    """Remove the parts of one version."""
    for part in parts(records, kind, name).get(number, []):
        records.delete(key(kind, name, number, part))
