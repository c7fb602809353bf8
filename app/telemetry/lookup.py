"""Look things up for the metrics without waiting for what hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
# A lookup that takes longer than this many seconds counts as failed, and its last result as unknown.
HANGS_S = 5.0


class Lookup(Generic[T]):
    """The latest result of a function that may hang or fail. Safe to share between threads.

    The function runs in a thread of its own, once at a time; a thread that hangs ends with the process.

    Args:
        look: the function.
        every_s: how long a result is used before the function runs again, seconds.
        hangs_s: how long it may take before its last result no longer counts, seconds.
        if_hung: what counts then.
    """

    def __init__(
        self,
        look: Callable[[], T],
        every_s: float = 0.0,
        hangs_s: float = HANGS_S,
        if_hung: T | None = None,
    ) -> None:
        self._look = look
        self._every_s = every_s
        self._hangs_s = hangs_s
        self._if_hung = if_hung
        self._changed = threading.Condition()
        self._value: T | None = None
        self._began: float | None = None
        self._ended = float("-inf")

    def begin(self) -> None:
        """Run the function, unless it is running or its result is still fresh."""
        with self._changed:
            now = time.monotonic()
            if self._began is not None or now - self._ended < self._every_s:
                return
            self._began = now
        threading.Thread(target=self._run, name="lookup for metrics", daemon=True).start()

    def value(self, wait_s: float = 0.0) -> T | None:
        """The latest result; None: there is none yet, or the last call failed.

        Args:
            wait_s: how long to wait for a call that is running, seconds.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._began is None, wait_s)
            if self._began is not None and time.monotonic() - self._began > self._hangs_s:
                return self._if_hung
            return self._value

    def _run(self) -> None:
        try:
            value: T | None = self._look()
        except Exception:  # noqa: BLE001 (whatever it is, nothing is known now)
            value = None
        with self._changed:
            self._value, self._began, self._ended = value, None, time.monotonic()
            self._changed.notify_all()
