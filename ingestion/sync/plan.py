"""Compare what the sources hold with what the index holds, by content hash."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ingestion.errors import DocumentError
from ingestion.sources.fetching import content_hash
from ingestion.sources.source_file import SourceFile
from ingestion.sync.file_fingerprint import bytes_of, file_fingerprint
from ingestion.sync.work import Work
from ingestion.versions.source_manifest import SourceDocument


@dataclass(slots=True)
class Plan:
    """What a sync will do.

    Attributes:
        work: files to read, new or changed.
        carried: documents that stay as they are, by id, each as the new manifest lists it.
        gone: documents whose files are no longer there, by id.
        unreadable: files whose bytes could not be read, each with the reason.
    """

    work: list[Work] = field(default_factory=list)
    carried: dict[str, SourceDocument] = field(default_factory=dict)
    gone: dict[str, SourceDocument] = field(default_factory=dict)
    unreadable: list[tuple[Work, str]] = field(default_factory=list)


def make_plan(
    files: Sequence[SourceFile],
    held: Mapping[str, SourceDocument],
    base: Mapping[str, SourceDocument],
    *,
    left_alone: Iterable[str] = (),
    retry: bool = False,
    on_file: Callable[[SourceFile], None] = lambda _: None,
) -> Plan:
    """Sort files and documents into what must be read, what stays and what is gone.

    Args:
        files: everything the sources list that are synced now.
        held: what the version being built holds, by document id.
        base: what the version it began from was made of, by document id.
        left_alone: keys of sources that are not looked at: their documents stay.
        retry: read files again that could not be indexed before, though they have not changed.
        on_file: called before each file is hashed.
    """
    plan = Plan()
    left = set(left_alone)
    held_by_file = _by_file(held.values())
    base_by_file = _by_file(base.values())
    listed = {(file.source, file.document_id) for file in files}
    vanished = {row.hash: row.id for row in base.values() if (row.source, row.file) not in listed}
    for row in held.values():
        if row.source in left:
            plan.carried[row.id] = row
        elif (row.source, row.file) not in listed:
            plan.gone[row.id] = row
    for file in files:
        on_file(file)
        place = (file.source, file.document_id)
        rows, before = held_by_file.get(place, []), base_by_file.get(place, [])
        alike = tuple(row.id for row in before) if len(before) == 1 else ()
        records = {row.id: row for row in rows if row.id != file.document_id}
        try:
            hash_ = _stamped(file, rows) or file_fingerprint(file, content_hash(file))
        except DocumentError as error:
            plan.unreadable.append(
                (Work(file, file_fingerprint(file, ""), records, alike), str(error))
            )
            continue
        retried = retry and any(row.problem for row in rows)
        if rows and not retried and all(row.file_hash == hash_ for row in rows):
            plan.carried.update((row.id, row._replace(stamp=file.stamp)) for row in rows)
            continue
        if not before and bytes_of(hash_) in vanished:
            alike = (vanished[bytes_of(hash_)],)
        plan.work.append(Work(file, hash_, records, alike))
    return plan


def _stamped(file: SourceFile, rows: Sequence[SourceDocument]) -> str | None:
    """The hash that the index knows, where the source itself says that nothing has changed."""
    if file.stamp and rows and all(row.stamp == file.stamp for row in rows):
        known = rows[0].file_hash
        known_bytes = bytes_of(known)
        return known if known_bytes and known == file_fingerprint(file, known_bytes) else None
    return None


def _by_file(rows: Iterable[SourceDocument]) -> dict[tuple[str, str], list[SourceDocument]]:
    found: dict[tuple[str, str], list[SourceDocument]] = {}
    for row in rows:
        found.setdefault((row.source, row.file), []).append(row)
    return found
