"""`POST …/sync` starts a job; `/v1/jobs` says how jobs are."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from app.api.callers import AuditDep, CallerDep
from app.api.parts import JobsDep, PartsDep
from app.api.problems import CONFLICT, NOT_FOUND, UNKNOWN_JOB
from app.definitions import require_definition
from app.jobs.events import events
from app.jobs.job import SyncJob, SyncRequest, sync_job

router = APIRouter(prefix="/v1", tags=["jobs"])


def _job(job_id: str, jobs: JobsDep) -> SyncJob:
    return jobs.get(job_id)


FollowedJob = Annotated[SyncJob, Depends(_job)]


class Jobs(BaseModel):
    """Jobs, newest first."""

    jobs: list[SyncJob]


@router.post(
    "/document-sets/{name}/sync",
    status_code=202,
    responses={**NOT_FOUND, **CONFLICT},
    summary="Sync a document set",
)
def sync(
    name: str,
    parts: PartsDep,
    jobs: JobsDep,
    caller: CallerDep,
    audit: AuditDep,
    response: Response,
    request: Annotated[SyncRequest | None, Body()] = None,
) -> SyncJob:
    """Begin to bring the set up to date with its sources; `Location` says where to follow it.

    Answers come from the version before it until the new one is complete and checked.
    """
    require_definition(parts.catalogue, name)
    asked = request or SyncRequest()
    with audit.act(caller, "sync", name, **asked.model_dump(mode="json")):
        job = jobs.submit(sync_job(name, asked, caller.name, caller.id))
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job.seen_by(caller)


@router.get("/jobs", summary="List jobs")
def list_jobs(jobs: JobsDep, caller: CallerDep) -> Jobs:
    """Jobs that are waiting, at work or ended, newest first; old ones are forgotten.

    Callers who are bound to groups are not shown what names documents: problems and notices.
    """
    return Jobs(jobs=[job.seen_by(caller) for job in jobs.list()])


@router.get("/jobs/{job_id}", responses=UNKNOWN_JOB, summary="Look at a job")
def get_job(job_id: str, jobs: JobsDep, caller: CallerDep) -> SyncJob:
    """How far it is, and what came of it."""
    return jobs.get(job_id).seen_by(caller)


@router.get(
    "/jobs/{job_id}/events",
    responses=UNKNOWN_JOB,
    response_class=EventSourceResponse,
    summary="Follow a job",
)
async def follow(
    job: FollowedJob, jobs: JobsDep, caller: CallerDep
) -> AsyncIterable[ServerSentEvent]:
    """Server-sent events: `progress` whenever the job has changed, then one `end`.

    The data of each is the job, as `GET /v1/jobs/{id}` gives it.
    """
    async for event in events(jobs, job, lambda one: one.seen_by(caller)):
        yield event
