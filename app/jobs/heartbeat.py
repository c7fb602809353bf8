"""Whether the process that runs a job is still there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.jobs.job import AnyJob, JobRecord
from ingestion.versions.author import is_certainly_dead

# A running job shows that it lives every ten seconds (`recorder.BEAT_S`).
SILENT = timedelta(seconds=120)


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
