"""The first page of administration: what needs attention, and the sums."""

from __future__ import annotations

from dataclasses import dataclass

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response

from app.api.callers import CallerDep
from app.api.dependencies import JobsDep, PartsDep, ReadinessDep
from app.callers import Caller
from app.jobs.job import SyncJob
from app.jobs.queue import JobQueue
from app.web.admin.document_sets import SetRow, set_rows
from app.web.admin.jobs import remembered
from app.web.admin.layout import AdminPage, admin_page
from app.wiring import Parts

router = APIRouter(prefix="/admin", include_in_schema=False, route_class=AdminPage)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the sets and jobs are like.

    Attributes:
        rows: all document sets.
        failed: each set's newest job, where it failed or its version was not published.
        at_work: jobs that wait or run.
    """

    rows: list[SetRow]
    failed: list[SyncJob]
    at_work: list[SyncJob]


@router.get("")
async def overview(
    request: Request, parts: PartsDep, jobs: JobsDep, readiness: ReadinessDep, caller: CallerDep
) -> Response:
    """What needs attention."""
    report = await readiness.report()
    found = await run_sync(_overview, request, parts, jobs, caller)
    live = [row.live for row in found.rows if row.live is not None]
    return await run_sync(
        lambda: admin_page(
            request,
            "admin/overview.html",
            "overview",
            away={name: state for name, state in report.dependencies.items() if not state.ready},
            dependencies=report.dependencies,
            release=report.release,
            found=found,
            stale=[row for row in found.rows if row.is_stale],
            unpublished=[row for row in found.rows if row.live is None],
            documents=sum(info.documents for info in live),
            chunks=sum(info.chunks for info in live),
        )
    )


def _overview(request: Request, parts: Parts, jobs: JobQueue[SyncJob], caller: Caller) -> Overview:
    # Where they cannot be looked up, the dependency that keeps them is shown as away.
    listed = remembered(jobs, caller) or []
    rows = set_rows(request, parts, listed)
    newest = [row.sync.last for row in rows if row.sync.last is not None]
    return Overview(
        rows,
        failed=[job for job in newest if job.state in ("failed", "not_published")],
        at_work=[job for job in listed if not job.has_ended],
    )
