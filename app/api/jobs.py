"""`POST …/sync` starts a job; `/v1/jobs` says how jobs are, and cancels them."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from app.api.callers import AdmittedFirst, AuditDep, CallerDep, guard_of
from app.api.dependencies import JobsDep, PartsDep
from app.api.problems import CONFLICT, NOT_FOUND, UNKNOWN_JOB
from app.api.sse import described_events
from app.document_sets.definitions import require_definition
from app.jobs.events import events
from app.jobs.job import SyncJob, SyncRequest, sync_job

router = APIRouter(prefix="/v1", tags=["jobs"], route_class=AdmittedFirst)


def _job(job_id: str, jobs: JobsDep) -> SyncJob:
    return jobs.get(job_id)


FollowedJob = Annotated[SyncJob, Depends(_job)]


async def _following(request: Request, caller: CallerDep) -> AsyncIterator[float]:
    """How long a job may be followed, seconds; the caller holds one of so many streams."""
    guard = guard_of(request)
    with guard.followers.taken(guard.holder(caller)):
        yield guard.follow_s


FollowSeconds = Annotated[float, Depends(_following)]


FOLLOWED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events that say how the job is.",
        "content": described_events(
            "JobEvent",
            "An event of a job that is followed: the job as it is, and at last as it ended.",
            {name: {"$ref": "#/components/schemas/SyncJob"} for name in ("progress", "end")},
        ),
    }
}


class Jobs(BaseModel):
    """Jobs, newest first."""

    jobs: list[SyncJob]


@router.post(
    "/document-sets/{name}/sync",
    status_code=202,
    responses={**NOT_FOUND, **CONFLICT},
    summary="Sync a document set",
)
def sync_document_set(
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


@router.post(
    "/jobs/{job_id}/cancel",
    status_code=202,
    responses={**UNKNOWN_JOB, **CONFLICT},
    summary="Cancel a job",
)
def cancel_job(job_id: str, jobs: JobsDep, caller: CallerDep, audit: AuditDep) -> SyncJob:
    """Have a sync end: one that waits at once, one at work within seconds. Its state is `cancelled` then.

    What is live stays live, and the next sync goes on where this one stopped. Cancelling again
    changes nothing. A job that has ended otherwise, or is being published, gives 409.
    """
    job = jobs.get(job_id)
    with audit.act(caller, "cancel-sync", job.document_set, job=job.id):
        return jobs.cancel(job.id, caller.name).seen_by(caller)


@router.get(
    "/jobs/{job_id}/events",
    responses={**UNKNOWN_JOB, **FOLLOWED},
    response_class=EventSourceResponse,
    summary="Follow a job",
)
async def follow_job(
    job: FollowedJob, jobs: JobsDep, caller: CallerDep, follow_s: FollowSeconds
) -> AsyncIterable[ServerSentEvent]:
    """Server-sent events: `progress` whenever the job has changed, then one `end`.

    The data of each is the job, as `GET /v1/jobs/{id}` gives it. A stream ends
    after `limits.follow_s`; open it again if there was no `end` event.
    """
    async for event in events(jobs, job, lambda one: one.seen_by(caller), follow_s):
        yield event
