"""The queue that the settings ask for."""

from __future__ import annotations

from typing import Generic

from app.errors import InvalidRequest, UnknownJob
from app.jobs.job import AnyJob
from app.jobs.kinds import JobKind
from app.jobs.queue import JobQueue
from app.settings.tree import Settings


def open_queue(settings: Settings, kind: JobKind[AnyJob]) -> JobQueue[AnyJob]:
    """The queue of a kind of jobs: Redis where it is set; else processes beside this one; none for an index of one process."""
    if settings.index.url.startswith("qdrant+"):
        return NoQueue(settings.index.url)
    if settings.redis.url is not None:
        from app.jobs.redis_queue import RedisQueue

        return RedisQueue(settings, kind)
    from app.jobs.process_queue import ProcessQueue

    return ProcessQueue(settings, kind)


class NoQueue(Generic[AnyJob]):
    """Refuses jobs: their processes could not open the index."""

    def __init__(self, index_url: str) -> None:
        self._index_url = index_url

    def submit(self, job: AnyJob) -> AnyJob:
        raise InvalidRequest(
            f"{job.subject!r}: {self._index_url} is one process's own, so no job can "
            "open it; set index.url to a folder or to a Qdrant server."
        )

    def get(self, job_id: str) -> AnyJob:
        raise UnknownJob(f"no job {job_id[:64]!a}: {self._index_url} allows of none.")

    def cancel(self, job_id: str, by: str) -> AnyJob:
        return self.get(job_id)

    def list(self) -> list[AnyJob]:
        """There are none."""
        return []

    def close(self) -> None:
        """Nothing is held."""
