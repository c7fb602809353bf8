"""Writes that nobody has to wait for: done in order by one thread, and waited for where it matters."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

logger = logging.getLogger(__name__)
# So many may wait; each holds an answer.
MOST_WAITING = 100
# So long a write waits, unless somebody waits for it: the answer is sent meanwhile, and two threads at
# work would slow each other down.
LINGER_S = 0.002


class WriteBehind:
    """Does writes in a thread of its own, so that callers need not wait. Safe to share between threads.

    Args:
        most_waiting: while so many wait, a caller does its write itself, at once.
    """

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[str, Callable[[], None]]] = deque()
        # How many were put and done: they are done in order. Group -> the last that was put of it.
        self._put = self._done = 0
        self._last: dict[str, int] = {}
        self._changed = threading.Condition()
        self._closing = False
        # How many wait for writes now.
        self._hurrying = 0
        self._thread: threading.Thread | None = None

    def put(self, group: str, write: Callable[[], None]) -> None:
        """Have it done soon.

        Args:
            group: what `wait` waits for.
            write: may raise nothing that somebody has to hear of: it is logged.
        """
        with self._changed:
            is_later = not self._closing and len(self._waiting) < self._most_waiting
            if is_later and self._begun():
                self._waiting.append((group, write))
                self._put += 1
                self._last[group] = self._put
                self._changed.notify_all()
                return
        _do(write)

    def wait(self, group: str | None = None) -> None:
        """Wait until all writes of a group (None: of all) that were put before are done."""
        if not self._last:
            return
        with self._changed:
            last = self._put if group is None else self._last.get(group, 0)
            if self._done >= last:
                return
            self._hurrying += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._done >= last)
            self._hurrying -= 1

    def close(self) -> None:
        """Do what waits, and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _begun(self) -> bool:
        """Whether the thread runs; False: the system has none left."""
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="write-behind", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                return False
            self._thread = thread
        return True

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                self._changed.wait_for(lambda: self._hurrying or self._closing, LINGER_S)
                due = len(self._waiting)
            for _ in range(due):
                with self._changed:
                    group, write = self._waiting.popleft()
                _do(write)
                with self._changed:
                    self._done += 1
                    if self._last[group] == self._done:
                        del self._last[group]
                    self._changed.notify_all()


def _do(write: Callable[[], None]) -> None:
    try:
        write()
    except Exception:
        logger.exception("an answer could not be kept for the next one who asks")
