"""Jobs: a list, and one with its progress, its errors by file and its report."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.api.callers import CallerDep
from app.api.dependencies import JobsDep
from app.callers import Caller
from app.errors import JobsUnavailable
from app.jobs.job import SyncJob
from app.jobs.queue import JobQueue
from app.web.admin.layout import AdminPage, AdminPiece, Crumb, admin_page
from app.web.pages import pages_of

router = APIRouter(prefix="/admin/jobs", include_in_schema=False, route_class=AdminPage)
pieces = APIRouter(prefix="/admin/jobs", include_in_schema=False, route_class=AdminPiece)
SECTION = "jobs"
MOST = 200


@router.get("")
def jobs(
    request: Request,
    queue: JobsDep,
    caller: CallerDep,
    document_set: Annotated[str, Query(alias="set", max_length=100)] = "",
) -> Response:
    """Jobs that are remembered, newest first."""
    return _list(request, queue, caller, document_set, "admin/jobs.html")


@pieces.get("/list")
def job_list(
    request: Request,
    queue: JobsDep,
    caller: CallerDep,
    document_set: Annotated[str, Query(alias="set", max_length=100)] = "",
) -> Response:
    """The list alone, to look again while jobs are at work."""
    return _list(request, queue, caller, document_set, "admin/job_list.html")


@router.get("/{job_id}")
def job(request: Request, job_id: str, queue: JobsDep, caller: CallerDep) -> Response:
    """A job."""
    return _job(request, job_id, queue, caller, "admin/job.html")


@pieces.get("/{job_id}/state")
def job_state(request: Request, job_id: str, queue: JobsDep, caller: CallerDep) -> Response:
    """How a job is, alone: for the page that follows it."""
    return _job(request, job_id, queue, caller, "admin/job_state.html")


def remembered(queue: JobQueue[SyncJob], caller: Caller) -> list[SyncJob] | None:
    """All jobs, newest first, as a caller may see them; None: they cannot be looked up now."""
    try:
        return [one.seen_by(caller) for one in queue.list()]
    except JobsUnavailable:
        return None


def _list(
    request: Request, queue: JobsDep, caller: CallerDep, document_set: str, template: str
) -> Response:
    found = [one.seen_by(caller) for one in queue.list()]
    names = sorted({one.document_set for one in found})
    if document_set:
        found = [one for one in found if one.document_set == document_set]
    return admin_page(
        request,
        template,
        SECTION,
        jobs=found[:MOST],
        further=max(0, len(found) - MOST),
        names=names,
        of=document_set,
        at_work=any(not one.has_ended for one in found),
    )


def _job(
    request: Request, job_id: str, queue: JobsDep, caller: CallerDep, template: str
) -> Response:
    found = queue.get(job_id).seen_by(caller)
    began = found.started or found.created
    return admin_page(
        request,
        template,
        SECTION,
        crumbs=[Crumb(pages_of(request).texts("admin.nav.jobs"), "/admin/jobs")],
        job=found,
        seconds=((found.ended or datetime.now(UTC)) - began).total_seconds(),
    )
