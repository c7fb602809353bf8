"""Keeps a job's record while it runs."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Generic

from app.errors import JobsUnavailable
from app.jobs.job import AnyJob, Cancellation, State
from app.jobs.job_store import JobBook
from ingestion.versions.author import this_process

logger = logging.getLogger(__name__)
# The shortest time between two entries of progress, and the longest between two signs of life.
APART_S = 0.25
BEAT_S = 10.0
LAST_TRIES = 6


class Recorder(Generic[AnyJob]):
    """Enters what happens to a job, from the process that runs it.

    An entry that cannot be made does not end the job: the next one says more. Only of the last
    one more is tried.

    Raises:
        UnknownJob: no such id.
        JobHasEnded: the job was cancelled before its turn came.
    """

    def __init__(self, book: JobBook[AnyJob], job_id: str) -> None:
        self._book = book
        self._record = book.claim(job_id, this_process())
        self._written = 0.0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="job's heartbeat", daemon=True)

    def __enter__(self) -> Recorder[AnyJob]:
        with self._lock:
            self._write()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def job(self) -> AnyJob:
        return self._record.job

    def begin(self, **changes: Any) -> None:
        """The job's turn has come."""
        self.enter(state="running", started=datetime.now(UTC), **changes)

    def enter(self, **changes: Any) -> None:
        with self._lock:
            self._change(**changes)
            self._write()

    def enter_soon(self, **changes: Any) -> None:
        """Enter changed fields, unless the last time is just past: then with the next entry."""
        with self._lock:
            self._change(**changes)
            if time.monotonic() - self._written >= APART_S:
                self._write()

    def end(self, state: State, *, error: str = "", **changes: Any) -> None:
        """Enter what came of it.

        Raises:
            JobsUnavailable, OSError: that cannot be written, although it was tried several times.
        """
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
        from tenacity import wait_exponential as growing

        self._ended.set()
        with self._lock:
            ended = datetime.now(UTC)
            self._change(state=state, ended=ended, error=error or None, **changes)
            for attempt in Retrying(
                stop=stop_after_attempt(LAST_TRIES),
                wait=growing(0.5, max=10),
                retry=retry_if_exception_type((JobsUnavailable, OSError)),
                reraise=True,
            ):
                with attempt:
                    self._book.put(self._record)

    def look_for_cancellation(self) -> Cancellation | None:
        """Who asked that the job ends, entered with the job; None: nobody, or unknown now."""
        try:
            asked = self._book.cancellation(self._record.job.id)
        except (JobsUnavailable, OSError):
            return None
        if asked is not None:
            self.enter(**asked.changes)
        return asked

    def end_at_once(self, state: State) -> None:
        """Enter the end once, without waiting for a thread that may be stuck in an entry of its own."""
        ended = {"state": state, "ended": datetime.now(UTC)}
        job = self._record.job.model_copy(update=ended)
        self._book.put(self._record.model_copy(update={"job": job}))

    def _change(self, **changes: Any) -> None:
        job = self._record.job.model_copy(update=changes)
        self._record = self._record.model_copy(update={"job": job})

    def _write(self) -> None:
        self._record = self._record.model_copy(update={"seen": datetime.now(UTC)})
        self._written = time.monotonic()
        try:
            self._book.put(self._record)
        except (JobsUnavailable, OSError) as error:
            logger.warning("job %s: cannot be recorded just now: %s", self._record.job.id, error)

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            with self._lock:
                if not self._record.job.has_ended:
                    self._write()
