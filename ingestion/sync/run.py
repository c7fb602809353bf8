"""Sync a document set: plan, build beside the live version, check, publish."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack

from ingestion.errors import SourceError, UnknownDocumentSet
from ingestion.index.protocol import SetInfo
from ingestion.languages.analysis import REVISION
from ingestion.loaders import EXTRACTION
from ingestion.sources.definitions import SetDefinition
from ingestion.sources.source_file import SourceFile
from ingestion.sync.building import Building, Target, unjudged_version
from ingestion.sync.options import SyncOptions, Tools
from ingestion.sync.outcomes import Ledger, Tally
from ingestion.sync.plan import Plan, make_plan
from ingestion.sync.publish_checks import publish_if_sound
from ingestion.sync.report import DroppedWords, Problem, SyncReport
from ingestion.sync.work import PUBLISHING, FindKnown, Known, OnProgress, Outcome, Progress, Work
from ingestion.versions import unfinished
from ingestion.versions.catalogue import Catalogue
from ingestion.versions.garbage_collection import collect
from ingestion.versions.last_sync import note_sync
from ingestion.versions.lease import leased
from ingestion.versions.source_manifest import SourceDocument

# Revisions of all that makes chunks and their search terms of a file's bytes.
MAKING = f"{EXTRACTION}+{REVISION}"


def sync(
    definition: SetDefinition,
    files: Sequence[SourceFile],
    tools: Tools,
    options: SyncOptions,
    *,
    left_alone: Sequence[str] = (),
    on_progress: OnProgress = lambda _: None,
    on_notice: Callable[[str], None] = lambda _: None,
) -> SyncReport:
    """Bring a set up to date; readers see the old version until the new one is published.

    Args:
        definition: the set's definition.
        files: what its sources list.
        left_alone: keys of sources that are not looked at; their documents stay.
        on_progress: called from the calling thread as the run goes on.
        on_notice: called with a sentence for the user before long work begins.

    Raises:
        SetIsLeased: another sync of the set is at work.
        SourceError: nothing could be indexed.
        IndexUnavailable, LeaseLost: it cannot go on; the next run goes on from here.
    """
    began = time.monotonic()
    progress = Progress()
    name = definition.document_set
    records = tools.catalogue.store.records
    with (
        ExitStack() as at_end,
        leased(records, name, "a sync", options.by, options.lease_s) as lease,
    ):
        at_end.callback(tools.catalogue.store.vectors.close_files)
        live = live_version(tools.catalogue, name)
        rows = {row.id: row for row in tools.catalogue.manifest(live)} if live else {}
        because = full_build_reason(live, tools)
        embedder = tools.embedder
        target = Target(
            name, embedder.identity, tools.chunking, MAKING, options.by, embedder.arithmetic
        )
        built = unjudged_version(tools.catalogue, target)
        base = built or (None if because else live)
        base_rows = (
            {row.id: row for row in tools.catalogue.manifest(built)}
            if built
            else rows
            if base
            else {}
        )
        # A full build takes vectors over from the live version as well.
        taken_from = [info for info in (live, base) if info is not None]
        building = Building(tools.catalogue.store, target, base, base_rows, lease, taken_from)
        plan = make_plan(
            files,
            building.held,
            rows,
            left_alone=left_alone if base else (),
            retry=options.retry,
            on_file=lambda file: _planning(file, progress, on_progress),
        )
        if because and not built:
            on_notice(f"{because}: every document is read and cut again.")
        if building.resumed or built:
            on_notice("Resuming an interrupted run.")
        ledger = Ledger(building.held, rows, plan, keep=definition.on_failure == "keep")
        if plan.work or plan.gone or plan.unreadable or building.resumed or base is None:
            building.begin(sorted(plan.gone), progress, on_progress)
            building.remove(sorted(plan.gone) if building.resumed else [])
            _index(plan, building, ledger, tools, live, progress, on_progress)
            held = building.held
            building.remove([id_ for id_ in ledger.leave_out() if id_ in held])
        tally, after = ledger.tally, ledger.rows
        _require_something(definition, after, tally)
        resumed = building.resumed or built is not None
        report = _report(definition, live, tally, because, resumed, ledger.hidden)
        if live is not None and not because and _same(after, rows):
            building.abandon()
            info = live
        elif built is not None and _same(after, base_rows):
            building.abandon()
            info = built
            report.changed = True
        else:
            _stage(progress, "finishing", on_progress)
            info = building.finish(after, tools.stored.taken if tools.stored else ())
            report.changed = True
        report.index_version = info.version
        report.documents_in_set, report.chunks_in_set = info.documents, info.chunks
        if report.changed:
            _stage(progress, "checking", on_progress)
            publish_if_sound(
                definition,
                info,
                live,
                rows,
                report,
                tools,
                options,
                on_publish=lambda: _stage(progress, PUBLISHING, on_progress),
            )
        unfinished.judged(records, name)
        if tools.stored is None:
            vectors = tools.catalogue.store.vectors
            vectors.remove(name, vectors.keys(name))
        if report.changed:
            gone = collect(tools.catalogue, name, options.keep_versions)
            report.collected = [old.version for old in gone]
    report.published = report.published or info == live
    report.seconds = time.monotonic() - began
    if report.published:
        note_sync(records, name, report.seconds)
    return report


def live_version(catalogue: Catalogue, name: str) -> SetInfo | None:
    """The live version of a set; None: no version yet."""
    try:
        return catalogue.live(name)
    except UnknownDocumentSet:
        return None


def full_build_reason(live: SetInfo | None, tools: Tools) -> str:
    """Why the live version cannot be built upon; empty if it can, or there is none."""
    if live is None:
        return ""
    model = tools.embedder.identity
    reasons = []
    if live.model.differences(model):
        what = (
            "model"
            if live.model.name == model.name
            else f"model ({live.model.name} to {model.name})"
        )
        reasons.append(f"the embedding {what} has changed")
    if live.chunking != tools.chunking:
        reasons.append("the chunking settings have changed")
    if live.analysis != REVISION:
        reasons.append("search terms are made in a newer way")
    elif live.extraction != MAKING:
        reasons.append("documents are extracted in a newer way")
    return "Full build, since " + " and ".join(reasons) if reasons else ""


def find_known(live: SetInfo | None, tools: Tools) -> FindKnown:
    """Looks vectors up in the live version, if they come from the same model."""
    if live is None or live.model.differences(tools.embedder.identity):
        return lambda _: {}
    opened = tools.catalogue.store.open(live)

    def known(works: Sequence[Work]) -> Known:
        return opened.vectors_of([id_ for work in works for id_ in work.alike])

    return known


def _index(
    plan: Plan,
    building: Building,
    ledger: Ledger,
    tools: Tools,
    live: SetInfo | None,
    progress: Progress,
    on_progress: OnProgress,
) -> None:
    progress.files = len(plan.work)
    progress.bytes_total = sum(work.file.size for work in plan.work)
    _stage(progress, "indexing", on_progress)
    if not plan.work:
        return
    known = find_known(live, tools)

    def entered() -> Iterator[list[Outcome]]:
        for batch in tools.engine.run(iter(plan.work), known, progress, on_progress):
            entering = ledger.enter(batch)
            progress.documents += sum(bool(outcome.chunks) for outcome in entering)
            yield entering

    building.apply(entered())
    for row, reason in building.refused:
        ledger.refuse(row, reason)


def _report(
    definition: SetDefinition,
    live: SetInfo | None,
    tally: Tally,
    because: str,
    resumed: bool,
    hidden: list[Problem],
) -> SyncReport:
    return SyncReport(
        document_set=definition.document_set,
        index_version="",
        base_version=live.version if live else None,
        changed=False,
        published=False,
        full_build=because,
        resumed=resumed,
        added=len(tally.added),
        updated=len(tally.updated),
        removed=len(tally.removed),
        unchanged=tally.unchanged,
        problems=tally.problems,
        hidden=hidden,
        dropped=DroppedWords.of(tally.dropped),
        embedded=tally.embedded,
        reused=tally.reused,
    )


def _same(after: Mapping[str, SourceDocument], before: Mapping[str, SourceDocument]) -> bool:
    """Whether two manifests say the same; a stamp that is new for the same content says nothing.

    Nor do words left out, which earlier code did not keep.
    """

    def content(row: SourceDocument) -> SourceDocument:
        return row._replace(stamp=None, dropped=None)

    return after.keys() == before.keys() and all(
        content(row) == content(before[id_]) for id_, row in after.items()
    )


def _require_something(
    definition: SetDefinition, after: dict[str, SourceDocument], tally: Tally
) -> None:
    if any(row.indexed for row in after.values()) or tally.removed:
        return
    reasons = "; ".join(f"{item.document}: {item.reason}" for item in tally.problems[:3])
    more = f" (and {len(tally.problems) - 3} more)" if len(tally.problems) > 3 else ""
    where = ", ".join(source.key for source in definition.sources)
    raise SourceError(f"{where}: nothing in it could be indexed. {reasons}{more}")


def _planning(file: SourceFile, progress: Progress, on_progress: OnProgress) -> None:
    progress.current = file.document_id
    on_progress(progress)


def _stage(progress: Progress, stage: str, on_progress: OnProgress) -> None:
    progress.stage = stage
    on_progress(progress)
