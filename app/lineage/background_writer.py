"""Write records asynchronously, so that a slow or broken database delays no answer."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from app.errors import StoreUnavailable

T = TypeVar("T")
logger = logging.getLogger(__name__)
MOST_WAITING = 1000
LINGER_S = 0.25
AT_ONCE = 100
# Between two tries of a database that is away, seconds: doubled each time.
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
LOG_APART_S = 60.0


class Writer(Generic[T]):
    """One thread that hands records on, in order, in small batches.

    While the database is away, records wait; when `most_waiting` do, further ones are dropped,
    counted, and logged once a minute.

    Args:
        write: writes records, all or none. `StoreUnavailable` means that they are to be tried
            again; after any other error they are tried one by one, and what fails is dropped.
        most_waiting: how many records may wait.
    """

    def __init__(self, write: Callable[[list[T]], None], most_waiting: int = MOST_WAITING) -> None:
        self._write = write
        self._most_waiting = most_waiting
        self._waiting: deque[T] = deque()
        self._changed = threading.Condition()
        self._taken = self._settled = 0
        self._closing = False
        self._hurrying = 0
        self._thread: threading.Thread | None = None
        self._told_at = float("-inf")
        self._untold = 0
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """How many records wait for the database, without those that are being written."""
        return len(self._waiting)

    def put(self, record: T) -> None:
        """Have it written soon; never waits, never fails."""
        with self._changed:
            if self._closing or len(self._waiting) >= self._most_waiting:
                self._drop(1, "too many wait for the database")
                return
            self._waiting.append(record)
            self._taken += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="answers", daemon=True)
                self._thread.start()
            # Each wake-up would take the interpreter from threads that answer.
            if len(self._waiting) in (1, AT_ONCE):
                self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was put before is written or dropped; False: not within the time."""
        with self._changed:
            wanted = self._taken
            self._hurrying += 1
            self._changed.notify_all()
            try:
                return self._changed.wait_for(lambda: self._settled >= wanted, timeout_s)
            finally:
                self._hurrying -= 1

    def close(self) -> None:
        """Write what waits, trying a last time where the database is away, and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                # One transaction for many, beside the answers that are being made meanwhile.
                self._changed.wait_for(self._is_due, LINGER_S)
                count = min(AT_ONCE, len(self._waiting))
                batch = [self._waiting.popleft() for _ in range(count)]
            self._settle(batch)
            with self._changed:
                self._settled += count
                self._changed.notify_all()

    def _is_due(self) -> bool:
        return self._closing or self._hurrying > 0 or len(self._waiting) >= AT_ONCE

    def _settle(self, batch: list[T]) -> None:
        pause = FIRST_PAUSE_S
        while True:
            try:
                self._write(batch)
            except StoreUnavailable as error:
                with self._changed:
                    if self._closing:
                        self._drop(len(batch), str(error))
                        return
                    self._tell(f"answers wait to be stored: {error}")
                    self._changed.wait_for(lambda: self._closing, pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
            except Exception as error:  # noqa: BLE001 (the next records must be written)
                if len(batch) == 1:
                    with self._changed:
                        self._drop(1, f"{type(error).__name__}: {error}")
                    return
                for record in batch:
                    self._settle([record])
                return
            else:
                return

    def _drop(self, count: int, why: str) -> None:
        self.dropped += count
        self._untold += count
        self._tell(f"{self._untold} answers were not stored: {why}")

    def _tell(self, what: str) -> None:
        now = time.monotonic()
        if now - self._told_at >= LOG_APART_S:
            self._told_at = now
            self._untold = 0
            logger.error("%s", " ".join(what.split())[:500])
