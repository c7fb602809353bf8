"""Jobs through Redis, run by `plumb worker` on any machine; the queue itself is RQ's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Generic

from app.errors import JobsUnavailable
from app.jobs.job import AnyJob, JobRecord
from app.jobs.job_store import JobBook, why_dead
from app.jobs.kinds import JobKind, queue_name
from app.jobs.redis_records import RedisRecords
from app.settings.tree import Settings
from app.store.redis_errors import translate_redis_errors
from prompts.errors import SettingsError

PREFIX = "plumb"
TIMEOUT_S = 5.0
LOCK_S = 30.0
QUEUED_WITHIN = timedelta(seconds=60)


class RedisQueue(Generic[AnyJob]):
    """Keeps jobs in Redis, syncs as `plumb:job:ID`, and hands them to the kind's queue of RQ."""

    def __init__(self, settings: Settings, kind: JobKind[AnyJob]) -> None:
        from redis import Redis
        from rq import Queue
        from rq.serializers import JSONSerializer

        url = settings.redis.url
        if url is None:
            raise SettingsError("redis.url is not set.")
        self._kind = kind
        self._redis = Redis.from_url(
            url.get_secret_value(), socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        )
        keep = timedelta(days=settings.jobs.keep_days)
        self._keep_s = max(1, int(keep.total_seconds()))
        # JSON, not pickle: anyone who can write to Redis must not get code into the workers so.
        name = queue_name(kind, settings)
        self._queue = Queue(name, connection=self._redis, serializer=JSONSerializer)
        records = RedisRecords(self._redis, PREFIX, self._keep_s)
        self.book = JobBook(kind, records, self._why_dead)

    def submit(self, job: AnyJob) -> AnyJob:
        """Leave the job to the next free worker."""
        with (
            translate_redis_errors(JobsUnavailable),
            self._redis.lock(
                f"{PREFIX}:lock:{self._kind.name}:{job.subject}",
                timeout=LOCK_S,
                blocking_timeout=TIMEOUT_S,
            ),
        ):
            self.book.require_idle(job.subject)
            self.book.put(JobRecord(job=job, seen=job.created))
            self._queue.enqueue(
                self._kind.function,
                job.id,
                job_id=job.id,
                job_timeout=-1,  # as long as it takes; whether it lives is seen by its heartbeat
                result_ttl=self._keep_s,
                failure_ttl=self._keep_s,
                description=f"{self._kind.name} of {job.subject}",
            )
        return job

    def get(self, job_id: str) -> AnyJob:
        return self.book.get(job_id).job

    def cancel(self, job_id: str, by: str) -> AnyJob:
        return self.book.cancel(job_id, by)

    def list(self) -> list[AnyJob]:
        return self.book.jobs()

    def close(self) -> None:
        self._redis.close()

    def _why_dead(self, record: JobRecord[AnyJob]) -> str:
        why = why_dead(record, self._kind.again)
        if why or record.process is not None or self._may_be_waiting(record):
            return why
        return (
            f"no worker runs it: it was taken from the queue and did not begin; {self._kind.again}."
        )

    def _may_be_waiting(self, record: JobRecord[AnyJob]) -> bool:
        """Whether RQ has it to be run, or will have in a moment: it is entered before it is queued."""
        from rq.exceptions import NoSuchJobError
        from rq.job import Job as Queued
        from rq.job import JobStatus
        from rq.serializers import JSONSerializer

        with translate_redis_errors(JobsUnavailable):
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
