"""The book that jobs are kept in, whatever holds its pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Literal

from app.errors import JobHasEnded, JobIsActive, UnknownJob
from app.jobs.job import JOB_ID, AnyJob, Cancellation, Job, JobRecord
from app.jobs.kinds import JobKind
from ingestion.index.records import Records
from ingestion.versions.author import ProcessMark, is_certainly_dead

CANCELLED: Literal["cancelled"] = "cancelled"
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
        """A job's record. One that is found dead is entered as failed, or as cancelled if it was to be.

        Raises:
            UnknownJob: no such id.
        """
        record, _ = self._read(job_id)
        return record

    def claim(self, job_id: str, process: ProcessMark) -> JobRecord[AnyJob]:
        """The record of a job that a process is about to run; from now on only that process writes it.

        Raises:
            UnknownJob: no such id.
            JobHasEnded: it was cancelled before its turn came.
        """
        while True:
            record, text = self._read(job_id)
            if record.job.has_ended:
                raise _nothing_to_cancel(record.job)
            claimed = record.model_copy(update={"process": process, "seen": datetime.now(UTC)})
            if self._records.replace(self._key(job_id), text, claimed.model_dump_json()):
                return claimed

    def cancel(self, job_id: str, by: str) -> AnyJob:
        """Ask that a job ends; one that no process has begun has ended then.

        Asking again changes nothing.

        Args:
            by: the name of who asks.

        Raises:
            UnknownJob: no such id.
            JobHasEnded: it ended otherwise, or is being published.
        """
        while True:
            record, text = self._read(job_id)
            job = record.job
            if job.cancel_asked is not None and (not job.has_ended or job.state == CANCELLED):
                return job
            if not job.can_be_cancelled:
                raise _nothing_to_cancel(job)
            asked = Cancellation(by=by, at=datetime.now(UTC))
            if record.process is not None:
                # The record itself is the process's to write.
                self._records.create(self._key_of_cancel(job_id), asked.model_dump_json())
                continue
            ended = {"state": CANCELLED, "ended": asked.at, **asked.changes}
            job = job.model_copy(update=ended)
            cancelled = record.model_copy(update={"job": job})
            if self._records.replace(self._key(job_id), text, cancelled.model_dump_json()):
                return job

    def cancellation(self, job_id: str) -> Cancellation | None:
        """Who asked that a job at work ends; None: nobody did."""
        text = self._records.get(self._key_of_cancel(job_id))
        return None if text is None else Cancellation.model_validate_json(text)

    def _read(self, job_id: str) -> tuple[JobRecord[AnyJob], str]:
        """A job's record, and the text that is kept."""
        key = self._key(job_id)
        while JOB_ID.fullmatch(job_id) and (text := self._records.get(key)) is not None:
            record = JobRecord[self._kind.job].model_validate_json(text)  # type: ignore[name-defined]
            if record.job.has_ended:
                return record, text
            asked = self.cancellation(job_id)
            if asked is not None:
                job = record.job.model_copy(update=asked.changes)
                record = record.model_copy(update={"job": job})
            why = self._why_dead(record)
            if not why:
                return record, text
            ended: dict[str, Any] = {"state": "failed", "ended": datetime.now(UTC), "error": why}
            if record.job.cancel_asked is not None:
                ended |= {"state": CANCELLED, "error": None}
            dead = record.model_copy(update={"job": record.job.model_copy(update=ended)})
            # It may have written its end just before it went: then that is what counts.
            after = dead.model_dump_json()
            if self._records.replace(key, text, after):
                return dead, after
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
            self._records.delete(self._key_of_cancel(job_id))
        return old

    def _key(self, job_id: str) -> str:
        return f"{self._kind.folder}/{job_id}"

    def _key_of_cancel(self, job_id: str) -> str:
        return f"{self._kind.folder}-cancel/{job_id}"


def _nothing_to_cancel(job: Job) -> JobHasEnded:
    if not job.has_ended:
        return JobHasEnded(
            f"job {job.id} is publishing the new version, which takes a moment and is not broken "
            "off; roll back to the version before it if you do not want it."
        )
    return JobHasEnded(
        f"job {job.id} has ended: {job.state} at {job.ended:%Y-%m-%d %H:%M:%S} UTC; there is "
        "nothing left to cancel."
    )


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
