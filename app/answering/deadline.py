"""One deadline for a whole question: condensing, waiting, retrieval, calls, retries and fallbacks."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment after which no more time is spent on a question.

    Attributes:
        at: the moment, by the clock of `time.monotonic`.
        seconds: how long the question has in all.
    """

    at: float
    seconds: float

    @classmethod
    def within(cls, seconds: float) -> Deadline:
        """The deadline that many seconds from now."""
        return cls(time.monotonic() + seconds, seconds)

    @property
    def left(self) -> float:
        """Seconds that are left; 0 where it has passed."""
        return max(0.0, self.at - time.monotonic())

    def share(self, parts: int) -> Deadline:
        """The deadline of the first of `parts` equal parts of the time that is left."""
        if parts <= 1:
            return self
        return Deadline(time.monotonic() + self.left / parts, self.seconds / parts)
