"""A job as a stream of server-sent events."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable

import anyio
from anyio.to_thread import run_sync
from fastapi.sse import ServerSentEvent

from app.errors import JobsUnavailable, UnknownJob
from app.jobs.job import AnyJob
from app.jobs.queue import JobQueue

LOOK_AGAIN_S = 0.25


async def events(
    queue: JobQueue[AnyJob],
    job: AnyJob,
    shown: Callable[[AnyJob], AnyJob] = lambda job: job,
    most_s: float = math.inf,
) -> AsyncIterator[ServerSentEvent]:
    """`progress` whenever the job has changed, then one `end`; each holds the job as it is shown.

    Args:
        shown: the job as anyone who follows it may see it.
        most_s: the longest that events come, seconds; then there is no `end`.
    """
    sent: AnyJob | None = None
    until = anyio.current_time() + most_s
    while not job.has_ended:
        if job != sent:
            sent = job
            yield ServerSentEvent(event="progress", data=shown(job))
        await anyio.sleep(LOOK_AGAIN_S)
        if anyio.current_time() >= until:
            return
        try:
            job = await run_sync(queue.get, job.id)
        except JobsUnavailable:
            continue
        except UnknownJob:
            return
    yield ServerSentEvent(event="end", data=shown(job))
