"""The book that jobs are kept in, whatever holds its pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Generic

from app.errors import JobIsActive, UnknownJob
from app.jobs.job import JOB_ID, AnyJob, JobRecord
from app.jobs.kinds import JobKind
from ingestion.index.records import Records
from ingestion.versions.author import is_certainly_dead

# A running job shows that it lives every ten seconds (`recorder.BEAT_S`).
SILENT = timedelta(seconds=120)


class JobBook(Generic[AnyJob]):
    """Jobs of one kind by id.

    Args:
        records: holds the pages.
        why_dead: says why a job that has not ended never will; empty if it may still.
    """

    def __init__(
        self,
        kind: JobKind[AnyJob],
        records: Records,
        why_dead: Callable[[JobRecord[AnyJob]], str],
    ) -> None:
        self._kind = kind
        self._records = records
        self._why_dead = why_dead

    def get(self, job_id: str) -> JobRecord[AnyJob]:
        """A job's record. One that is found dead is entered as failed.

        Raises:
            UnknownJob: no such id.
        """
        key = self._key(job_id)
        while JOB_ID.fullmatch(job_id) and (text := self._records.get(key)) is not None:
            record = JobRecord[self._kind.job].model_validate_json(text)  # type: ignore[name-defined]
            why = "" if record.job.has_ended else self._why_dead(record)
            if not why:
                return record
            ended = {"state": "failed", "ended": datetime.now(UTC), "error": why}
            dead = record.model_copy(update={"job": record.job.model_copy(update=ended)})
            # It may have written its end just before it went: then that is what counts.
            if self._records.replace(key, text, dead.model_dump_json()):
                return dead
        raise UnknownJob(f"no job {job_id[:64]!a}; {self._kind.look_up}.")

    def jobs(self) -> list[AnyJob]:
        found = []
        for name in self._records.names(self._kind.folder):
            try:
                found.append(self.get(name).job)
            except UnknownJob:  # forgotten meanwhile
                continue
        return sorted(found, key=lambda job: job.created, reverse=True)

    def put(self, record: JobRecord[AnyJob]) -> None:
        """Enter a job as it is now."""
        self._records.put(self._key(record.job.id), record.model_dump_json())

    def require_idle(self, subject: str) -> None:
        """Check that no job with this subject is at work or waiting.

        Raises:
            JobIsActive: one is.
        """
        for job in self.jobs():
            if job.subject == subject and not job.has_ended:
                raise JobIsActive(
                    f"{subject!r}: {self._kind.name} job {job.id} is {job.state} since "
                    f"{job.started or job.created:%Y-%m-%d %H:%M:%S} UTC; follow it, and ask "
                    "again when it has ended."
                )

    def forget(self, after: timedelta) -> list[str]:
        """Forget jobs that ended longer ago than this; returns their ids."""
        before = datetime.now(UTC) - after
        old = [job.id for job in self.jobs() if job.ended is not None and job.ended < before]
        for job_id in old:
            self._records.delete(self._key(job_id))
        return old

    def _key(self, job_id: str) -> str:
        return f"{self._kind.folder}/{job_id}"


def why_dead(record: JobRecord[AnyJob], again: str) -> str:
    """Why a job that has begun will never end; empty if it may, or has not begun.

    Args:
        record: the job.
        again: how it goes on, as the end of a sentence.
    """
    process = record.process
    if process is None:
        return ""
    if is_certainly_dead(process):
        return (
            f"its process {process.pid} on {process.host} ended without a word (killed, or out of "
            f"memory); {again}."
        )
    if datetime.now(UTC) - record.seen > SILENT:
        return (
            f"its process {process.pid} on {process.host} ended, or its machine did: it was last "
            f"heard of at {record.seen:%Y-%m-%d %H:%M:%S} UTC; {again}."
        )
    return ""
