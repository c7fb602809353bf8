"""The seam of jobs: who asks for one does not know where it runs."""

from __future__ import annotations

from typing import Protocol

from app.jobs.job import AnyJob


class JobQueue(Protocol[AnyJob]):
    """Starts jobs of one kind and knows how they are. Safe to share between threads."""

    def submit(self, job: AnyJob) -> AnyJob:
        """Have a job run that waits; returns it before that has begun.

        Raises:
            JobIsActive: one with its subject is at work or waiting already.
            JobsUnavailable: it cannot be started.
        """

    def get(self, job_id: str) -> AnyJob:
        """A job as it is now; one whose process is gone counts as failed.

        Raises:
            UnknownJob: no such id.
        """

    def cancel(self, job_id: str, by: str) -> AnyJob:
        """Ask that a job ends: at once if it waits, else within seconds. Asking again changes nothing.

        Args:
            by: the name of who asks.

        Raises:
            UnknownJob: no such id.
            JobHasEnded: it ended otherwise, or is being published.
            JobsUnavailable: that cannot be written now.
        """

    def list(self) -> list[AnyJob]:
        """All jobs that are remembered, newest first."""

    def close(self) -> None:
        """Close connections. Running jobs continue."""
