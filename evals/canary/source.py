"""The seam of sources: where the counts of both releases come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from evals.canary.signals import Look, SignalName

# What answers: questions asked by people, and by programs through the OpenAI protocol.
ROUTES = ("/v1/chat", "/v1/chat/completions")


@dataclass(frozen=True, slots=True)
class Compared:
    """Which releases are compared, and when.

    Attributes:
        release: the canary's release id.
        baseline: that of the release which serves beside it.
        since: when the canary began to get traffic, UTC; what was before is not counted.
        every: the time between two looks.
    """

    release: str
    baseline: str
    since: datetime
    every: timedelta

    def last_look(self, now: datetime) -> datetime:
        """The last time at or before `now` at which a look ends; `since` before the first."""
        return self.since + max(0, (now - self.since) // self.every) * self.every

    def look_of(self, at: datetime) -> int:
        """The number of the look that a moment belongs to, from 1; a look holds its end."""
        return max(1, -((self.since - at) // self.every))


@dataclass(frozen=True, slots=True)
class Bounds:
    """From where on an answer is slow or dear.

    Attributes:
        slow_s: seconds; None for the baseline's 95th percentile in the time before the canary.
        dear: cost of one answer; None likewise.
        history: how long that time is.
    """

    slow_s: float | None = None
    dear: float | None = None
    history: timedelta = timedelta(days=1)


class Source(Protocol):
    """Counts of both releases. It keeps no more than where it was: a source made later with the same
    `Compared` gives the same looks again, as long as the metrics are kept."""

    @property
    def lag(self) -> timedelta:
        """How long after a moment its counts are there to be read."""

    @property
    def bounds(self) -> Mapping[SignalName, float]:
        """From where on an answer is slow (seconds) or dear, as far as it is known."""

    @property
    def not_judged(self) -> Mapping[SignalName, str]:
        """Signals that this source has no counts of, and why."""

    def looks(self, until: datetime) -> list[Look]:
        """The looks since the last ones that were read; those without any outcome are left out.

        Args:
            until: the end of the last look.

        Raises:
            SourceUnavailable: nothing was read, and it may be there later; nothing is lost.
            SourceRefused: it says no: wrong address, credentials, or query.
        """

    def releases(self) -> list[str]:
        """Ids of the releases that the metrics name now.

        Raises:
            SourceUnavailable, SourceRefused: see `looks`.
        """
