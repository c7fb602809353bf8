"""Jobs beside the service, each in a process of its own; for one machine without Redis."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Generic

from filelock import FileLock

import app
from app.errors import JobsUnavailable
from app.jobs.job import AnyJob, JobRecord
from app.jobs.job_store import JobBook, why_dead
from app.jobs.kinds import JobKind
from app.jobs.settings_handover import handed_over
from app.settings.tree import Settings
from app.store.private_files import make_private_folder
from ingestion.index.file_records import FileRecords
from ingestion.loaders.files import reason

# Between being entered and being started there is only a fork.
STARTED_WITHIN = timedelta(seconds=60)


class ProcessQueue(Generic[AnyJob]):
    """Keeps jobs as files in `jobs.folder`; they outlive the service and are known to the next."""

    def __init__(self, settings: Settings, kind: JobKind[AnyJob]) -> None:
        self._settings = settings
        self._kind = kind
        self._folder = settings.jobs.folder.expanduser().absolute()
        self.book = book_in(self._folder, kind)

    def submit(self, job: AnyJob) -> AnyJob:
        """Start a process that runs the job."""
        try:
            make_private_folder(self._folder / self._kind.folder)
            # Not `.lock`: that is the records' own, and taken while this one is held.
            with FileLock(self._folder / ".submit.lock"):
                self._forget()
                self.book.require_idle(job.subject)
                self.book.put(JobRecord(job=job, seen=job.created))
            self._start(job)
        except OSError as error:
            raise JobsUnavailable(
                f"{self._folder}: {reason(error)}; jobs.folder must name a folder that can be "
                "written, and processes must be allowed to be started."
            ) from error
        return job

    def get(self, job_id: str) -> AnyJob:
        return self.book.get(job_id).job

    def cancel(self, job_id: str, by: str) -> AnyJob:
        try:
            return self.book.cancel(job_id, by)
        except OSError as error:
            raise JobsUnavailable(
                f"{self._folder}: {reason(error)}; jobs.folder must name a folder that can be written."
            ) from error

    def list(self) -> list[AnyJob]:
        return self.book.jobs()

    def close(self) -> None:
        """Nothing is held."""

    def _start(self, job: AnyJob) -> None:
        # Found from any working folder, which itself is not searched (-P).
        paths = [os.fspath(Path(app.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
        environment = {
            **os.environ,
            **handed_over(self._settings),
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        }
        worker = "app.jobs.worker_process"
        command = [sys.executable, "-P", "-m", worker, os.fspath(self._folder)]
        command += [self._kind.name, job.id]
        log = os.open(log_of(self._folder, job.id), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            process = subprocess.Popen(  # noqa: S603 (a command of our own)
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        finally:
            os.close(log)
        # Who waits for it takes its entry from the table of processes, so that its end is seen.
        threading.Thread(target=process.wait, name=f"job {job.id}", daemon=True).start()

    def _forget(self) -> None:
        for job_id in self.book.forget(timedelta(days=self._settings.jobs.keep_days)):
            log_of(self._folder, job_id).unlink(missing_ok=True)


def book_in(folder: Path, kind: JobKind[AnyJob]) -> JobBook[AnyJob]:
    """The book of jobs of a kind that is kept in a folder."""

    def why(record: JobRecord[AnyJob]) -> str:
        if record.process is None and datetime.now(UTC) - record.seen > STARTED_WITHIN:
            log = log_of(folder, record.job.id).name
            return f"its process did not start (its log: {log} in jobs.folder); {kind.again}."
        return why_dead(record, kind.again)

    return JobBook(kind, FileRecords(folder), why)


def log_of(folder: Path, job_id: str) -> Path:
    """What a job's process prints."""
    return folder / f"{job_id}.log"
