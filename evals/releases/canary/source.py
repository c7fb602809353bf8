"""The interface of metric sources: what is compared, what is read, and how counts become looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeAlias

from evals.releases.canary.signals import Look, SignalName, Tally

# What answers: questions asked by people, and by programs through the OpenAI protocol.
ROUTES = ("/v1/chat", "/v1/chat/completions")


@dataclass(frozen=True, slots=True)
class ComparedReleases:
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
    `ComparedReleases` gives the same looks again, as long as the metrics are kept."""

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


Arm: TypeAlias = Literal["canary", "baseline"]
ARMS: tuple[Arm, ...] = ("canary", "baseline")
# Both count failed requests; neither has all of them: a stream fails after its status is sent, and a
# request may fail before its question is understood.
STATUS, FAILURE = "status", "failure"
# Answered by a stand-in since the chat model failed: a success to HTTP, an error of the release.
DEGRADED = "degraded"
Key: TypeAlias = tuple[Arm, SignalName, str]


class LookBuilder:
    """Adds up by look. Where bad outcomes are counted a little before or after the outcomes they
    belong to, those too many wait for the next look, so that no look has more bad ones than all."""

    def __init__(self, compared: ComparedReleases) -> None:
        """Nothing is counted yet."""
        self._compared = compared
        self._added: dict[int, Counter[Key]] = {}
        self._bad: Counter[Key] = Counter()
        self._reported: Counter[tuple[Arm, SignalName]] = Counter()
        self._next = 1

    def add(self, at: datetime, arm: Arm, signal: SignalName, kind: str, count: int) -> None:
        """Add outcomes.

        Args:
            at: when.
            arm: of which release.
            signal: of which signal.
            kind: `all`, `bad`; for errors STATUS, FAILURE or DEGRADED instead of `bad`.
            count: how many.
        """
        number = max(self._next, self._compared.look_of(at))
        self._added.setdefault(number, Counter())[arm, signal, kind] += count

    def looks(self, until: datetime) -> list[Look]:
        """The looks that end at `until` or before, with any outcome, and were not returned before."""
        last = (until - self._compared.since) // self._compared.every
        due = sorted(number for number in self._added if number <= last)
        self._next = max(self._next, last + 1)
        return [found for number in due if (found := self._look(number)) is not None]

    def _look(self, number: int) -> Look | None:
        added = self._added.pop(number)
        arms: dict[Arm, dict[SignalName, Tally]] = {arm: {} for arm in ARMS}
        for arm, signal in sorted({(arm, signal) for arm, signal, _ in added}):
            for kind in ("bad", STATUS, FAILURE, DEGRADED):
                self._bad[arm, signal, kind] += added[arm, signal, kind]
            size = added[arm, signal, "all"]
            known = max(self._bad[arm, signal, kind] for kind in ("bad", STATUS, FAILURE))
            known += self._bad[arm, signal, DEGRADED]
            bad = min(size, max(0, known - self._reported[arm, signal]))
            self._reported[arm, signal] += bad
            if size:
                arms[arm][signal] = Tally(bad, size)
        if not any(arms.values()):
            return None
        at = self._compared.since + number * self._compared.every
        return Look(at, arms["canary"], arms["baseline"])
