"""Jobs through Redis, run by `plumb worker` on any machine; the queue itself is RQ's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.errors import JobsUnavailable
from app.jobs.book import JobBook
from app.jobs.job import Job, JobRecord, SyncRequest, new_job
from app.jobs.redis_records import RedisRecords
from app.jobs.signs_of_life import AGAIN, why_dead
from app.redis_errors import told_as
from app.settings import Settings
from prompts.errors import SettingsError

PREFIX = "plumb"
QUEUE = "plumb"
FUNCTION = "app.jobs.work.run_sync_job"
TIMEOUT_S = 5.0
LOCK_S = 30.0
QUEUED_WITHIN = timedelta(seconds=60)


class RedisQueue:
    """Keeps jobs in Redis as `plumb:job:ID`, and hands them to RQ's queue `plumb`."""

    def __init__(self, settings: Settings) -> None:
        from redis import Redis
        from rq import Queue
        from rq.serializers import JSONSerializer

        url = settings.redis.url
        if url is None:
            raise SettingsError("redis.url is not set.")
        self._redis = Redis.from_url(
            url.get_secret_value(), socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        )
        keep = timedelta(days=settings.jobs.keep_days)
        self._keep_s = max(1, int(keep.total_seconds()))
        # JSON, not pickle: whoever can write to Redis must not get code into the workers so.
        self._queue = Queue(QUEUE, connection=self._redis, serializer=JSONSerializer)
        self.book = JobBook(RedisRecords(self._redis, PREFIX, self._keep_s), self._why_dead)

    def submit(self, document_set: str, request: SyncRequest, by: str) -> Job:
        """Leave the job to the next free worker."""
        job = new_job(document_set, request, by)
        with (
            told_as(JobsUnavailable),
            self._redis.lock(
                f"{PREFIX}:lock:{document_set}", timeout=LOCK_S, blocking_timeout=TIMEOUT_S
            ),
        ):
            self.book.require_idle(document_set)
            self.book.put(JobRecord(job=job, seen=job.created))
            self._queue.enqueue(
                FUNCTION,
                job.id,
                job_id=job.id,
                job_timeout=-1,  # as long as it takes; whether it lives is seen by its heartbeat
                result_ttl=self._keep_s,
                failure_ttl=self._keep_s,
                description=f"sync of {document_set}",
            )
        return job

    def get(self, job_id: str) -> Job:
        """A job as it is now."""
        return self.book.get(job_id).job

    def list(self) -> list[Job]:
        """All jobs, newest first."""
        return self.book.jobs()

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _why_dead(self, record: JobRecord) -> str:
        why = why_dead(record)
        if why or record.process is not None or self._may_be_waiting(record):
            return why
        return f"no worker runs it: it was taken from the queue and did not begin; {AGAIN}."

    def _may_be_waiting(self, record: JobRecord) -> bool:
        """Whether RQ has it to be run, or will have in a moment: it is entered before it is queued."""
        from rq.exceptions import NoSuchJobError
        from rq.job import Job as Queued
        from rq.job import JobStatus
        from rq.serializers import JSONSerializer

        with told_as(JobsUnavailable):
            try:
                found = Queued.fetch(
                    record.job.id, connection=self._redis, serializer=JSONSerializer
                )
            except NoSuchJobError:
                return datetime.now(UTC) - record.seen < QUEUED_WITHIN
            return found.get_status() not in (
                JobStatus.FAILED,
                JobStatus.STOPPED,
                JobStatus.CANCELED,
                JobStatus.FINISHED,
            )
