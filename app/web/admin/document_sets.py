"""Document sets: what they hold, their versions, what differs between two, uploads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Annotated, cast

from fastapi import APIRouter, Query, Request, Response

from app.api.callers import CallerDep
from app.api.dependencies import JobsDep, PartsDep, ReadAccessDep, UploadsDep
from app.api.set_definitions import VersionSummary
from app.api.set_definitions import get_document_set as details_of
from app.callers import Caller
from app.document_sets.definitions import require_uploads
from app.document_sets.language_shares import LanguageShares
from app.document_sets.read_access import ReadAccess
from app.errors import InvalidRequest, message_for_readers
from app.jobs.job import SyncJob
from app.web.admin.jobs import remembered
from app.web.admin.layout import AdminPage, AdminPiece, Crumb, admin_page, sees_all
from app.web.pages import pages_of
from app.wiring import Parts
from ingestion.errors import IndexStoreError, UnknownDocumentSet
from ingestion.index.protocol import SetInfo
from ingestion.sync.manual_publish import preview
from ingestion.sync.report import DroppedWords
from ingestion.sync.run import live_version
from ingestion.versions.comparing import VersionDiff, compare
from ingestion.versions.live_version import Publication
from ingestion.versions.source_manifest import SourceDocument

router = APIRouter(prefix="/admin/document-sets", include_in_schema=False, route_class=AdminPage)
pieces = APIRouter(prefix="/admin/document-sets", include_in_schema=False, route_class=AdminPiece)
SECTION = "document_sets"
OF_A_PAGE = 50
# Documents that one request looks through, of a long list; of those whose groups must be looked up.
MOST_SCANNED = 50_000
MOST_LOOKED_UP = 5_000
# Documents whose groups are looked up at a time.
AT_ONCE = 200
# Names of each kind that a comparison shows.
MOST_NAMES = 200


@dataclass(frozen=True, slots=True)
class Languages:
    """The languages of a version's chunks.

    Attributes:
        shares: language (empty: unknown) and its share of the chunks, largest first.
        unreadable: why they are not known; empty if they are.
    """

    shares: list[tuple[str, float]] = field(default_factory=list)
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class LastSync:
    """What is known of a set's syncs over REST, as far as jobs are remembered.

    Attributes:
        last: the newest job.
        unchanged_since: when a sync last found or made the live version; None: not known.
        dropped: words left out of what the newest job that read documents has read.
        dropped_job: that job's id.
    """

    last: SyncJob | None = None
    unchanged_since: datetime | None = None
    dropped: DroppedWords | None = None
    dropped_job: str = ""


@dataclass(frozen=True, slots=True)
class SetRow:
    """A document set in the list; `live` is None before the first publication."""

    name: str
    live: SetInfo | None
    candidates: int
    languages: Languages
    sync: LastSync
    is_stale: bool


@dataclass(frozen=True, slots=True)
class Names:
    """Names of documents as a caller may read them.

    Attributes:
        shown: the names.
        count: how many documents there are.
    """

    shown: list[str]
    count: int

    @property
    def further(self) -> int:
        """How many are not shown."""
        return self.count - len(self.shown)


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """Documents of a version, in the order of their ids.

    Attributes:
        rows: the documents.
        after: where the next page begins; None: this is the last.
        scanned: how many were looked through, if the end was not reached for that; else 0.
    """

    rows: list[SourceDocument]
    after: str | None
    scanned: int = 0


@router.get("")
def document_sets(request: Request, parts: PartsDep, jobs: JobsDep, caller: CallerDep) -> Response:
    """All sets."""
    listed = remembered(jobs, caller)
    return admin_page(
        request,
        "admin/document_sets.html",
        SECTION,
        rows=set_rows(request, parts, listed or []),
        jobs_away=listed is None,
        pins=parts.settings.release,
    )


@router.get("/{name}")
def document_set(
    request: Request,
    name: str,
    parts: PartsDep,
    uploads: UploadsDep,
    jobs: JobsDep,
    access: ReadAccessDep,
    caller: CallerDep,
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str, Query(max_length=1000)] = "",
) -> Response:
    """A set: its versions, its documents, its uploads."""
    shown = details_of(name, parts, uploads)
    live = live_version(parts.catalogue, name)
    moves = parts.catalogue.publications(name)
    found = remembered(jobs, caller)
    listed = [job for job in found or [] if job.document_set == name]
    return admin_page(
        request,
        "admin/document_set.html",
        SECTION,
        crumbs=[_list(request)],
        details=shown,
        live=live,
        versions=_versions(shown.versions, moves.log),
        moves=list(reversed(moves.log[-20:])),
        languages_found=_languages(request, live),
        sync=_last_sync(listed, live),
        jobs=listed[:5],
        jobs_away=found is None,
        pinned=_pinned(parts, name),
        takes_uploads=_takes_uploads(parts, uploads, name),
        uploads=_names(access, caller, name, shown.uploads),
        most_bytes=parts.settings.serve.max_upload_bytes,
        documents=None if live is None else _documents(parts, live, access, caller, q, after),
        q=q,
        after=after,
    )


@router.get("/{name}/diff")
def diff(
    request: Request,
    name: str,
    parts: PartsDep,
    access: ReadAccessDep,
    caller: CallerDep,
    before: Annotated[str, Query(max_length=100)],
    after: Annotated[str, Query(max_length=100)],
) -> Response:
    """Which documents differ between two versions."""
    old, new = parts.catalogue.find(name, before), parts.catalogue.find(name, after)
    found = compare(parts.catalogue, old, new)
    return admin_page(
        request,
        "admin/version_diff.html",
        SECTION,
        crumbs=[_list(request), Crumb(name, f"/admin/document-sets/{name}")],
        name=name,
        old=old,
        new=new,
        diff=found,
        changes=_changes(found, access, caller),
    )


@pieces.get("/{name}/move")
def move(
    request: Request,
    name: str,
    parts: PartsDep,
    access: ReadAccessDep,
    caller: CallerDep,
    version: Annotated[str, Query(max_length=100)],
) -> Response:
    """What publishing a version, or going back to it, would change: for the confirmation."""
    info = parts.catalogue.find(name, version)
    was_live = any(one.number == info.number for one in parts.catalogue.publications(name).log)
    found = preview(parts.catalogue, info)
    if found.live is not None and found.live.number == info.number:
        raise InvalidRequest(
            f"document set {name!r}: version {info.version} is live already: somebody else moved "
            "it meanwhile. Load the page again."
        )
    return admin_page(
        request,
        "admin/version_move.html",
        SECTION,
        name=name,
        info=info,
        live=found.live,
        diff=found.diff,
        changes=[] if found.diff is None else _changes(found.diff, access, caller),
        action="rollback" if was_live and found.live is not None else "publish",
        refused="" if was_live else found.refused,
        pinned=_pinned(parts, name),
    )


def set_rows(request: Request, parts: Parts, jobs: Sequence[SyncJob]) -> list[SetRow]:
    """All sets, also those that were defined and never synced.

    Args:
        jobs: newest first, as the caller may see them.
    """
    catalogue = parts.catalogue
    names = {*catalogue.all_names(), *catalogue.store.records.names("definitions")}
    rows = []
    for name in sorted(names):
        live = live_version(catalogue, name)
        sync = _last_sync([job for job in jobs if job.document_set == name], live)
        newer = live.number if live is not None else 0
        rows.append(
            SetRow(
                name=name,
                live=live,
                candidates=sum(info.number > newer for info in catalogue.versions(name)),
                languages=_languages(request, live),
                sync=sync,
                is_stale=_is_stale(parts, live, sync),
            )
        )
    return rows


def _is_stale(parts: Parts, live: SetInfo | None, sync: LastSync) -> bool:
    days = parts.settings.web.stale_days
    if live is None or not days:
        return False
    checked = max(live.committed_at, sync.unchanged_since or live.committed_at)
    return (datetime.now(checked.tzinfo) - checked).total_seconds() > days * 86_400


def _list(request: Request) -> Crumb:
    return Crumb(pages_of(request).texts("admin.nav.document_sets"), "/admin/document-sets")


def _versions(
    listed: Sequence[VersionSummary], log: Iterable[Publication]
) -> list[tuple[VersionSummary, Publication | None]]:
    """Versions, newest first, each with the last move that made it live."""
    last = {move.version: move for move in log}
    return [(version, last.get(version.index_version)) for version in reversed(listed)]


def _languages(request: Request, live: SetInfo | None) -> Languages:
    if live is None or not live.chunks:
        return Languages()
    shares = cast("LanguageShares", request.app.state.language_shares)
    try:
        counted = shares.of(live)
    except IndexStoreError as error:
        return Languages(unreadable=message_for_readers(error))
    total = sum(counted.values()) or 1
    return Languages([(code, count / total) for code, count in counted.items()])


def _last_sync(jobs: Sequence[SyncJob], live: SetInfo | None) -> LastSync:
    """Args: jobs: of one set, newest first."""
    if not jobs:
        return LastSync()
    same = (
        job.ended
        for job in jobs
        if job.state == "succeeded"
        and job.report is not None
        and live is not None
        and job.report.index_version == live.version
    )
    read = next((job for job in jobs if job.report is not None and job.progress.files_read), None)
    return LastSync(
        last=jobs[0],
        unchanged_since=next(same, None),
        dropped=read.report.dropped if read is not None and read.report is not None else None,
        dropped_job=read.id if read is not None else "",
    )


def _pinned(parts: Parts, name: str) -> str | None:
    """The version of a set that this process answers from whatever is live; None: from the live one."""
    pins = parts.settings.release
    return None if pins is None or name not in pins.sets else pins.index_version(name)


def _takes_uploads(parts: Parts, uploads: UploadsDep, name: str) -> bool:
    try:
        require_uploads(parts.catalogue, uploads, name)
    except (InvalidRequest, UnknownDocumentSet):
        return False
    return True


def _names(access: ReadAccess, caller: Caller, name: str, documents: Sequence[str]) -> Names:
    """The first names that a caller may read, and how many documents there are."""
    shown: list[str] = []
    for start in range(0, min(len(documents), 10 * MOST_NAMES), AT_ONCE):
        shown += access.visible(caller, name, documents[start : start + AT_ONCE])
        if len(shown) >= MOST_NAMES:
            break
    return Names(shown[:MOST_NAMES], len(documents))


def _changes(found: VersionDiff, access: ReadAccess, caller: Caller) -> list[tuple[str, Names]]:
    """Kind of change and the documents, as a caller may read them."""
    kinds = {"added": found.added, "changed": found.changed, "removed": found.removed}
    return [
        (kind, _names(access, caller, found.document_set, documents))
        for kind, documents in kinds.items()
    ]


def _documents(
    parts: Parts, live: SetInfo, access: ReadAccess, caller: Caller, q: str, after: str
) -> DocumentPage:
    """A page of the live version's documents whose names hold `q`, behind `after`."""
    wanted = q.casefold()
    most = MOST_SCANNED if sees_all(caller) else MOST_LOOKED_UP
    behind = (row for row in parts.catalogue.manifest(live) if row.id > after)
    every = islice(behind, most + 1)
    found: list[SourceDocument] = []
    scanned, last = 0, ""
    while some := list(islice(every, AT_ONCE)):
        fitting = [row for row in some if wanted in row.id.casefold()]
        seen = set(access.visible(caller, live.name, [row.id for row in fitting]))
        found += [
            row if sees_all(caller) else row._replace(problem="", file="", source="")
            for row in fitting
            if row.id in seen
        ]
        scanned += len(some)
        last = some[-1].id
        if len(found) > OF_A_PAGE:
            return DocumentPage(found[:OF_A_PAGE], found[OF_A_PAGE - 1].id)
    if scanned > most:
        return DocumentPage(found, last, scanned)
    return DocumentPage(found, None)
