"""Start batches, and start those again whose process died, until each is finished."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from app.batch.unfinished import UnfinishedBatches
from app.errors import JobIsActive
from app.jobs.job import BatchJob, batch_job
from app.jobs.queue import JobQueue
from prompts.errors import PlumbError

logger = logging.getLogger(__name__)
LOOK_AGAIN_S = 10.0
# A batch that gets no further in this many starts would not in one more.
MOST_STARTS = 5
# A service with a queue of its own may share the database: what this queue knows nothing of is
# another's, until it was silent for longer than one question may take.
OTHERS_SILENT = timedelta(minutes=5)


class BatchStarts:
    """Has every unfinished batch worked on. Every serving process may have one.

    Args:
        batches: those in the database.
        queue: runs the work on them.
        keep_days: after how many days a batch that has ended is forgotten.
        retired: ids of the releases that serve no more; looked up only where a batch of another
            release waits.
    """

    def __init__(
        self,
        batches: UnfinishedBatches,
        queue: JobQueue[BatchJob],
        keep_days: float,
        retired: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._batches = batches
        self._retired = retired
        self._queue = queue
        self._keep_days = keep_days
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="batches", daemon=True)

    def watch(self) -> None:
        """Look after unfinished batches from now on, beginning with those of before."""
        self._thread.start()

    def start(self, batch_id: str, by: str) -> None:
        """Have a batch worked on; nothing happens where it is being.

        Raises:
            JobsUnavailable, InvalidRequest: no work can be begun.
            StoreUnavailable: the database cannot be written.
        """
        try:
            self._queue.submit(batch_job(batch_id, by))
        except JobIsActive:
            return
        self._batches.note_start(batch_id)

    def revive(self) -> None:
        """Start every unfinished batch that no process works on or will.

        Raises:
            PlumbError: batches or jobs cannot be read now.
        """
        jobs = self._queue.list()
        at_work = {job.subject for job in jobs if not job.has_ended}
        for batch in self._batches.all():
            if batch.id in at_work:
                continue
            last = next((job for job in jobs if job.subject == batch.id), None)
            if last is None and datetime.now(UTC) - batch.seen < OTHERS_SILENT:
                continue
            why = (
                last.error if last is not None else None
            ) or "its process is not known here, and silent"
            if batch.starts >= MOST_STARTS:
                reason = (
                    f"it was begun {batch.starts} times without one more answer; the last: {why}"
                )
                self._batches.give_up(batch.id, reason)
                logger.error("batch %s failed: %s", batch.id, reason)
                continue
            logger.warning("batch %s is begun again: %s", batch.id, why)
            self.start(batch.id, batch.by)

    def give_up_retired(self) -> None:
        """Enter as failed what only a retired release could answer, so that nobody waits for it.

        Raises:
            PlumbError: batches or jobs cannot be read now.
        """
        now = datetime.now(UTC)
        others = [
            batch
            for batch in self._batches.of_other_releases()
            if now - batch.seen >= OTHERS_SILENT
        ]
        retired = self._retired() if others else ()
        for batch in others:
            if batch.release in retired:
                reason = f"{batch.release}, which accepted it, was retired before it was answered; ask again"
                self._batches.give_up(batch.id, reason)
                logger.error("batch %s failed: %s", batch.id, reason)

    def close(self) -> None:
        """Look after them no more. What is at work goes on."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                self.revive()
                self.give_up_retired()
                self._batches.forget_old(self._keep_days)
            except PlumbError as error:
                logger.warning("batches cannot be looked after just now: %s", error)
            except Exception:
                logger.exception("looking after batches failed unexpectedly")
            if self._closing.wait(LOOK_AGAIN_S):
                return
