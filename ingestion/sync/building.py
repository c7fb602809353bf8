"""Build a version where no reader looks: stage or resume it, apply outcomes, describe it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce

from ingestion.embedding.arithmetic import less_exact
from ingestion.embedding.embedder import ModelIdentity
from ingestion.errors import UnknownDocumentSet, UnknownVersion
from ingestion.index.protocol import IndexStore, SetInfo, SetWriter, described
from ingestion.settings import ChunkingSettings
from ingestion.sync.work import OnProgress, Outcome, Progress
from ingestion.sync.writing import PROBE, write_apart
from ingestion.versions import source_manifest, unfinished
from ingestion.versions.catalogue import Catalogue, version_key
from ingestion.versions.lease import Lease
from ingestion.versions.source_manifest import SourceDocument
from ingestion.versions.unfinished import Journal, Staging


@dataclass(frozen=True, slots=True)
class Target:
    """What shapes the version to build.

    Attributes:
        arithmetic: what passages are embedded in; versions of the same model take vectors over from
            each other whatever they were embedded in.
    """

    name: str
    model: ModelIdentity
    chunking: ChunkingSettings
    extraction: str
    by: str
    arithmetic: str = ""


class Building:
    """A version being built. All writes go through here, each under the lease.

    Attributes:
        resumed: whether it goes on with what a run before left.
        refused: documents that the backend did not take, each with the reason.
    """

    def __init__(
        self,
        store: IndexStore,
        target: Target,
        base: SetInfo | None,
        base_rows: dict[str, SourceDocument],
        lease: Lease,
        taken_from: Iterable[SetInfo] = (),
    ) -> None:
        self._store = store
        self._records = store.records
        self._target = target
        self._base = base
        self._arithmetic = arithmetic_of(target, taken_from)
        self._base_rows = base_rows
        self._lease = lease
        self._writer: SetWriter | None = None
        self._journal = Journal()
        self._staging: Staging | None = None
        self.resumed = False
        self.refused: list[tuple[SourceDocument, str]] = []
        self._find_unfinished()

    @property
    def held(self) -> dict[str, SourceDocument]:
        """What the unfinished version holds, by document id."""
        begun = self._journal.begun
        held = {id_: row for id_, row in self._base_rows.items() if id_ not in begun}
        held.update(self._journal.done)
        return held

    def begin(self, without: list[str], progress: Progress, on_progress: OnProgress) -> None:
        """Make the place to build at, or clear up in the one that there is already."""
        if self._staging is not None:
            # Of what was begun and is not done, chunks may be there; its file may be gone by now.
            self._lease.check()
            self._open_writer().delete_documents(sorted(self._journal.partial))
        else:
            number = unfinished.next_number(self._records, self._target.name)

            def copied(chunks: int) -> None:
                progress.reused += chunks
                on_progress(progress)

            self._writer = self._store.stage(
                self._target.name, number, self._target.model, self._base, without, copied
            )
            self._staging = Staging(
                number=number,
                place=self._writer.place,
                base=self._base.number if self._base else None,
                model=self._target.model,
                chunking=self._target.chunking,
                extraction=self._target.extraction,
                began=datetime.now(UTC),
                by=self._target.by,
                arithmetic=self._arithmetic,
            )
            # First the journal: without it the base's rows would still count as held.
            self._note(without, [])
            unfinished.begin(self._records, self._target.name, self._staging)

    def apply(self, batches: Iterator[list[Outcome]]) -> None:
        """Write batches, each while the next one is being embedded."""
        pending: Future[None] | None = None
        with ThreadPoolExecutor(1, thread_name_prefix="write") as pool:
            for batch in batches:
                if pending is not None:
                    pending.result()
                pending = pool.submit(self._write, batch)
            if pending is not None:
                pending.result()

    def remove(self, ids: list[str]) -> None:
        """Take documents out."""
        if ids:
            self._lease.check()
            self._note(ids, [])
            self._open_writer().delete_documents(ids)

    def finish(self, rows: dict[str, SourceDocument], taken: Iterable[str] = ()) -> SetInfo:
        """Make the version complete: from here on it can be opened, and published.

        Args:
            rows: its documents by id.
            taken: the arithmetics of vectors that were taken over by text.
        """
        staged = self._staged()
        self._lease.check()
        built = self._open_writer().finish()
        target = self._target
        info = described(
            built, target.name, staged.number, target.model, target.chunking
        ).model_copy(
            update={
                "extraction": target.extraction,
                "committed_by": target.by,
                "base": staged.base,
                "dropped": dropped_words(rows.values()),
                "arithmetic": reduce(
                    less_exact, taken, less_exact(staged.arithmetic, self._arithmetic)
                ),
            }
        )
        source_manifest.save(self._records, target.name, staged.number, rows.values())
        self._lease.check()
        unfinished.note_unjudged(self._records, target.name, staged.number)
        self._records.create(version_key(target.name, staged.number), info.model_dump_json())
        unfinished.forget(self._records, target.name, staged.number)
        return info

    def abandon(self) -> None:
        """Throw the unfinished version away."""
        if self._staging is not None:
            unfinished.forget(self._records, self._target.name, self._staging.number)
            self._staging, self._writer, self._journal = None, None, Journal()

    def _find_unfinished(self) -> None:
        """Go on with what a run before left, if it was for the same result from the same base."""
        name, target = self._target.name, self._target
        found = unfinished.read(self._records, name)
        if found is None:
            return
        complete = self._records.get(version_key(name, found.number)) is not None
        fits = (
            not complete
            and found.base == (self._base.number if self._base else None)
            and not found.model.differences(target.model)
            and (found.chunking, found.extraction) == (target.chunking, target.extraction)
        )
        writer = self._store.resume(found.place, name, found.number, target.model) if fits else None
        if writer is None:
            unfinished.forget(self._records, name, found.number)
            return
        self._writer, self._staging, self.resumed = writer, found, True
        self._journal = unfinished.read_journal(self._records, name, found.number)

    def _write(self, batch: list[Outcome]) -> None:
        """Replace the documents of a batch, each as a whole."""
        self._lease.check()
        outcomes = [outcome for outcome in batch if outcome.chunks]
        rows = [outcome.row for outcome in batch if outcome.chunks or outcome.unchanged]
        ids = [outcome.row.id for outcome in outcomes]
        if ids:
            writer = self._open_writer()
            held = [id_ for id_ in ids if self._may_hold(id_)]
            self._note([*ids, PROBE], [])
            writer.delete_documents(held)
            refused = write_apart(writer, outcomes)
            self.refused += refused
            left_out = {row.id for row, _ in refused}
            rows = [row for row in rows if row.id not in left_out]
        self._note([], rows)

    def _may_hold(self, id_: str) -> bool:
        """Whether the unfinished version may hold chunks of a document."""
        return id_ in self._base_rows or id_ in self._journal.done

    def _note(self, begun: list[str], done: list[SourceDocument]) -> None:
        if begun or done:
            number = self._staged().number
            unfinished.note(self._records, self._target.name, number, self._journal, begun, done)

    def _open_writer(self) -> SetWriter:
        if self._writer is None:
            raise RuntimeError("begin() comes first")
        return self._writer

    def _staged(self) -> Staging:
        if self._staging is None:
            raise RuntimeError("begin() comes first")
        return self._staging


def dropped_words(rows: Iterable[SourceDocument]) -> dict[str, int] | None:
    """Words left out of all documents of a version, by reason, most first; None: not known of some."""
    total: Counter[str] = Counter()
    for row in rows:
        if not row.indexed:
            continue
        if row.dropped is None:
            return None
        total.update(row.dropped)
    return dict(total.most_common())


def arithmetic_of(target: Target, taken_from: Iterable[SetInfo]) -> str:
    """The least exact arithmetic that vectors of the version to build may come from.

    Args:
        taken_from: versions that vectors are taken over from, where they have the same model.
    """
    arithmetic = target.arithmetic
    for info in taken_from:
        if not info.model.differences(target.model):
            arithmetic = less_exact(arithmetic, info.arithmetic)
    return arithmetic


def unjudged_version(catalogue: Catalogue, target: Target) -> SetInfo | None:
    """The version that a sync built, and died before it said what happens to it.

    None if absent, or it is not what a sync would build now.
    """
    number = unfinished.unjudged(catalogue.store.records, target.name)
    if number is None:
        return None
    try:
        info = catalogue.find(target.name, number)
    except (UnknownDocumentSet, UnknownVersion):
        return None
    fits = not info.model.differences(target.model) and (info.chunking, info.extraction) == (
        target.chunking,
        target.extraction,
    )
    return info if fits else None
