"""The book that jobs are kept in, whatever holds its pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.errors import JobIsActive, UnknownJob
from app.jobs.job import JOB_ID, Job, JobRecord
from ingestion.index.records import Records

FOLDER = "job"


class JobBook:
    """Jobs by id.

    Args:
        records: holds the pages.
        why_dead: says why a job that has not ended never will; empty if it may still.
    """

    def __init__(self, records: Records, why_dead: Callable[[JobRecord], str]) -> None:
        self._records = records
        self._why_dead = why_dead

    def get(self, job_id: str) -> JobRecord:
        """A job's record. One that is found dead is entered as failed.

        Raises:
            UnknownJob: there is none of this id.
        """
        key = f"{FOLDER}/{job_id}"
        while JOB_ID.fullmatch(job_id) and (text := self._records.get(key)) is not None:
            record = JobRecord.model_validate_json(text)
            why = "" if record.job.has_ended else self._why_dead(record)
            if not why:
                return record
            ended = {"state": "failed", "ended": datetime.now(UTC), "error": why}
            dead = record.model_copy(update={"job": record.job.model_copy(update=ended)})
            # It may have written its end just before it went: then that is what counts.
            if self._records.replace(key, text, dead.model_dump_json()):
                return dead
        raise UnknownJob(f"no job {job_id[:64]!a}; GET /v1/jobs lists those that are remembered.")

    def jobs(self) -> list[Job]:
        """All jobs, newest first."""
        found = []
        for name in self._records.names(FOLDER):
            try:
                found.append(self.get(name).job)
            except UnknownJob:  # forgotten meanwhile
                continue
        return sorted(found, key=lambda job: job.created, reverse=True)

    def put(self, record: JobRecord) -> None:
        """Enter a job as it is now."""
        self._records.put(f"{FOLDER}/{record.job.id}", record.model_dump_json())

    def require_idle(self, document_set: str) -> None:
        """Check that no job of the set is at work or waiting.

        Raises:
            JobIsActive: one is.
        """
        for job in self.jobs():
            if job.document_set == document_set and not job.has_ended:
                raise JobIsActive(
                    f"document set {document_set!r}: job {job.id} is {job.state} since "
                    f"{job.started or job.created:%Y-%m-%d %H:%M:%S} UTC; follow it at "
                    f"/v1/jobs/{job.id} and sync again when it has ended."
                )

    def forget(self, after: timedelta) -> list[str]:
        """Forget jobs that ended longer ago than this; returns their ids."""
        before = datetime.now(UTC) - after
        old = [job.id for job in self.jobs() if job.ended is not None and job.ended < before]
        for job_id in old:
            self._records.delete(f"{FOLDER}/{job_id}")
        return old
