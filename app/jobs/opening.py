"""The queue that the settings ask for."""

from __future__ import annotations

from app.errors import InvalidRequest, UnknownJob
from app.jobs.job import Job, SyncRequest
from app.jobs.queue import JobQueue
from app.settings import Settings


def open_queue(settings: Settings) -> JobQueue:
    """Redis where it is set; else processes beside this one; none for an index of one process."""
    if settings.index.url.startswith("qdrant+"):
        return NoQueue(settings.index.url)
    if settings.redis.url is not None:
        from app.jobs.redis_queue import RedisQueue

        return RedisQueue(settings)
    from app.jobs.process_queue import ProcessQueue

    return ProcessQueue(settings)


class NoQueue:
    """Refuses jobs: their processes could not open the index."""

    def __init__(self, index_url: str) -> None:
        self._index_url = index_url

    def submit(self, document_set: str, request: SyncRequest, by: str) -> Job:
        """Refuse."""
        raise InvalidRequest(
            f"document set {document_set!r}: {self._index_url} is one process's own, so no job can "
            "open it; set index.url to a folder or to a Qdrant server."
        )

    def get(self, job_id: str) -> Job:
        """There is none."""
        raise UnknownJob(f"no job {job_id[:64]!a}: {self._index_url} allows of none.")

    def list(self) -> list[Job]:
        """There are none."""
        return []

    def close(self) -> None:
        """Nothing is held."""
