"""The seam of jobs: who asks for one does not know where it runs."""

from __future__ import annotations

from typing import Protocol

from app.jobs.job import Job, SyncRequest


class JobQueue(Protocol):
    """Starts jobs and knows how they are. Safe to share between threads."""

    def submit(self, document_set: str, request: SyncRequest, by: str) -> Job:
        """Have a set synced; returns before that has begun.

        Raises:
            JobIsActive: a job of the set is at work or waiting already.
            JobsUnavailable: it cannot be started.
        """

    def get(self, job_id: str) -> Job:
        """A job as it is now; one whose process is gone is told as failed.

        Raises:
            UnknownJob: there is none of this id.
        """

    def list(self) -> list[Job]:
        """All jobs that are remembered, newest first."""

    def close(self) -> None:
        """Let go of what it holds. Jobs go on."""
