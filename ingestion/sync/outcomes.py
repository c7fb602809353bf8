"""Decide what each outcome means for the set: what is written, what stays, what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ingestion.sync.file_fingerprint import same_groups
from ingestion.sync.plan import Plan
from ingestion.sync.report import Problem
from ingestion.sync.work import Outcome, Work
from ingestion.versions.source_manifest import SourceDocument


@dataclass(slots=True)
class Tally:
    """What happened to documents.

    Attributes:
        added: documents that the live version does not hold.
        updated: documents that it holds with other content.
        removed: documents that it holds and the new one does not.
        unchanged: how many both hold with the same content.
        problems: documents that could not be indexed.
        embedded: chunks whose vectors were computed.
        reused: chunks whose vectors were known.
        dropped: words that loaders left out of the documents that were read, by document and
            reason.
    """

    added: set[str] = field(default_factory=set)
    updated: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    embedded: int = 0
    reused: int = 0
    dropped: dict[str, Counter[str]] = field(default_factory=dict)


class Ledger:
    """The new version's manifest as it comes about.

    Args:
        held: what the version being built holds already, by document id.
        live: what the live version was made from, by document id.
        plan: what the sync does.
        keep: whether a document that can no longer be read stays as it was.
    """

    def __init__(
        self,
        held: Mapping[str, SourceDocument],
        live: Mapping[str, SourceDocument],
        plan: Plan,
        *,
        keep: bool,
    ) -> None:
        self._held = held
        self._live = live
        self._keep = keep
        self._seen: set[str] = set()
        self._tally = Tally()
        self.rows: dict[str, SourceDocument] = dict(plan.carried)
        for row in plan.carried.values():
            if row.problem and not row.hidden:
                self._report(row, row.problem, kept=row.indexed)
        for work, reason in plan.unreadable:
            self._file_failed(_problem_row(work, reason))

    @property
    def tally(self) -> Tally:
        """What has happened to documents so far."""
        now = {id_ for id_, row in self.rows.items() if row.indexed}
        before = {id_: row for id_, row in self._live.items() if row.indexed}
        self._tally.added = now - before.keys()
        self._tally.updated = {
            id_ for id_ in now & before.keys() if self.rows[id_].hash != before[id_].hash
        }
        self._tally.removed = before.keys() - now
        self._tally.unchanged = len(now & before.keys()) - len(self._tally.updated)
        return self._tally

    @property
    def hidden(self) -> list[Problem]:
        """Documents that nobody who is bound to groups sees, each with its reason."""
        return [
            Problem(document=row.id, reason=row.problem, kept=True)
            for row in self.rows.values()
            if row.hidden
        ]

    def refuse(self, row: SourceDocument, reason: str) -> None:
        """Note that the index does not take a document that was entered."""
        self.rows[row.id] = row._replace(chunks=0, problem=reason)
        self._report(row, reason, kept=False)

    def enter(self, batch: list[Outcome]) -> list[Outcome]:
        """Note outcomes; returns those to write or to note as unchanged."""
        return [outcome for outcome in batch if self._enter(outcome)]

    def leave_out(self) -> list[str]:
        """Documents that the version being built still holds and must not."""
        return sorted(
            id_
            for id_, row in self._held.items()
            if row.indexed and (id_ not in self.rows or not self.rows[id_].indexed)
        )

    def _enter(self, outcome: Outcome) -> bool:
        row = outcome.row
        if outcome.whole_file:
            self._file_failed(row, restricted=outcome.restricted)
            return False
        if row.id in self._seen or self._is_elsewhere(row):
            self._report(row, self._twice(row), kept=False)
            return False
        self._seen.add(row.id)
        if row.problem and not row.indexed:
            self._failed(row, restricted=outcome.restricted)
            return False
        self.rows[row.id] = row
        self._tally.embedded += outcome.embedded
        self._tally.reused += len(outcome.chunks) - outcome.embedded
        if outcome.chunks and row.dropped:
            self._tally.dropped[row.id] = Counter(row.dropped)
        return True

    def _failed(self, row: SourceDocument, *, restricted: bool) -> None:
        """One document could not be indexed."""
        held = self._held.get(row.id)
        kept = held is not None and held.indexed and not restricted and self._may_stay(held, row)
        if kept and held is not None:
            row = held._replace(file_hash=row.file_hash, stamp=row.stamp, problem=row.problem)
        self.rows[row.id] = row
        self._report(row, row.problem, kept=kept)

    def _file_failed(self, row: SourceDocument, *, restricted: bool = False) -> None:
        """A file broke off: of its documents, those not read yet could not be indexed."""
        place = (row.source, row.file)
        missing = [
            held
            for held in self._held.values()
            if (held.source, held.file) == place and held.indexed and held.id not in self._seen
        ]
        if not missing:
            self.rows[row.id] = row
            self._report(row, row.problem, kept=False)
            return
        staying = {held.id for held in missing if not restricted and self._may_stay(held, row)}
        self._report(row, row.problem, kept=len(staying) == len(missing))
        for held in missing:
            failed = held._replace(file_hash=row.file_hash, stamp=row.stamp, problem=row.problem)
            stays = held.id in staying
            self.rows[held.id] = failed if stays else failed._replace(chunks=0)

    def _may_stay(self, held: SourceDocument, row: SourceDocument) -> bool:
        # What other groups were to see must not stay as the groups before saw it.
        return self._keep and same_groups(held.file_hash, row.file_hash)

    def _is_elsewhere(self, row: SourceDocument) -> bool:
        other = self.rows.get(row.id)
        return other is not None and (other.source, other.file) != (row.source, row.file)

    def _twice(self, row: SourceDocument) -> str:
        other = self.rows.get(row.id, row)
        where = f"{other.file} of {other.source}"
        return (
            f"{row.id}: a document of the same id was indexed before it, from {where}; make ids "
            "unique, or give one of the sources a prefix."
        )

    def _report(self, row: SourceDocument, reason: str, *, kept: bool) -> None:
        self._tally.problems.append(Problem(document=row.id, reason=reason, kept=kept))


def _problem_row(work: Work, reason: str) -> SourceDocument:
    file = work.file
    return SourceDocument(
        id=file.document_id,
        hash="",
        source=file.source,
        file=file.document_id,
        file_hash=work.file_hash,
        problem=reason,
    )
