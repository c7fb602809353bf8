"""A circuit breaker: a model that keeps failing is not called for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal

State = Literal["closed", "open", "half-open"]


class Resting(Exception):
    """The breaker is open."""


class Breaker:
    """Counts failures in a row. Safe between threads.

    A call ends in one of three ways: `succeeded`, `failed`, or `undecided`, which says nothing of
    the model. After a rest one call at a time tries the model. An undecided try leaves the next call
    to try, and neither closes the breaker nor opens it.

    Args:
        most: failures in a row after which it opens.
        rest_s: for how long, seconds.
        clock: seconds that only grow.
    """

    def __init__(
        self, most: int, rest_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.most = most
        self.rest_s = rest_s
        self._clock = clock
        self._failures = 0
        self._open_until: float | None = None
        self._tried = False
        self._lock = threading.Lock()

    @property
    def state(self) -> State:
        """`closed` (calls pass), `open` (none passes) or `half-open` (one call tries)."""
        with self._lock:
            if self._open_until is None:
                return "closed"
            return "half-open" if self._clock() >= self._open_until else "open"

    @property
    def left_s(self) -> float:
        """How long it still rests, seconds."""
        with self._lock:
            return 0.0 if self._open_until is None else max(0.0, self._open_until - self._clock())

    def enter(self) -> bool:
        """Begin a call; whether it is the one that tries a model that has rested.

        Raises:
            Resting: no call may be made now.
        """
        with self._lock:
            if self._open_until is None:
                return False
            if self._tried or self._clock() < self._open_until:
                raise Resting
            self._tried = True
            return True

    def succeeded(self, tries: bool) -> None:
        """The call got a reply. `tries`: what `enter` gave."""
        with self._lock:
            # A call from before the breaker opened proves nothing about now.
            if self._open_until is None or tries:
                self._failures, self._open_until, self._tried = 0, None, False

    def failed(self, tries: bool, rest_s: float | None = None) -> None:
        """The call showed that the model is ill. `rest_s`: when the provider wants to be asked again."""
        with self._lock:
            self._failures += 1
            if tries or (self._open_until is None and self._failures >= self.most):
                self._open_until = self._clock() + (rest_s or self.rest_s)
                self._tried = False

    def undecided(self, tries: bool) -> None:
        """The call said nothing of the model: it was refused for its question, or its caller left."""
        with self._lock:
            if tries:
                self._tried = False
