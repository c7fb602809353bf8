"""The kinds of jobs, and where those of each kind are kept and queued."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic

from app.jobs.job import AnyJob, BatchJob, SyncJob
from app.settings.tree import Settings


@dataclass(frozen=True, slots=True)
class JobKind(Generic[AnyJob]):
    """A kind of job. Jobs of different kinds do not wait for each other.

    Attributes:
        name: in a word.
        job: the model of its jobs.
        folder: where they are recorded, below a queue's folder or prefix.
        at_once: how many run at once beside the service.
        redis_queue: RQ's queue of them; see `queue_name`.
        by_release: whether each release has a queue of its own.
        function: what `plumb worker` calls with a job's id.
        look_up: where one that is not there should be looked for, as the end of a sentence.
        again: how it goes on when its process died, as the end of a sentence.
    """

    name: str
    job: type[AnyJob]
    folder: str
    at_once: Callable[[Settings], int]
    redis_queue: str
    by_release: bool
    function: str
    look_up: str
    again: str


SYNCS = JobKind(
    name="sync",
    job=SyncJob,
    folder="job",
    at_once=lambda settings: settings.jobs.at_once,
    redis_queue="plumb",
    by_release=False,
    function="app.jobs.work.run_sync_job",
    look_up="GET /v1/jobs lists those that are remembered",
    again="sync again: it goes on where it stopped",
)
BATCHES = JobKind(
    name="batch",
    job=BatchJob,
    folder="batch-job",
    at_once=lambda settings: settings.batches.at_once,
    redis_queue="plumb-batches",
    by_release=True,
    function="app.jobs.work.run_batch_job",
    look_up="GET /v1/batches lists batches",
    again="the service begins it again, and it goes on where it stopped",
)
# A worker that is free takes a job of the first kind that has one.
KINDS: dict[str, JobKind[Any]] = {kind.name: kind for kind in (SYNCS, BATCHES)}


def queue_name(kind: JobKind[Any], settings: Settings) -> str:
    """RQ's queue for a kind of jobs.

    Who serves a release puts its batches into that release's own queue, and takes from it: no
    worker of another revision gets them. Syncs are the same under every revision.
    """
    if not kind.by_release or settings.release is None:
        return kind.redis_queue
    return f"{kind.redis_queue}-{settings.release.id}"
