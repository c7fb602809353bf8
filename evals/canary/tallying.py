"""Turn counts that only grow into the tallies of each look."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Literal, TypeAlias

from evals.canary.signals import Look, SignalName, Tally
from evals.canary.source import Compared

Arm: TypeAlias = Literal["canary", "baseline"]
ARMS: tuple[Arm, ...] = ("canary", "baseline")
# Both count failed requests; neither has all of them: a stream fails after its status is sent, and a
# request may fail before its question is understood.
STATUS, FAILURE = "status", "failure"
# Answered by a stand-in since the chat model failed: a success to HTTP, an error of the release.
DEGRADED = "degraded"
Key: TypeAlias = tuple[Arm, SignalName, str]


class Tallying:
    """Adds up by look. Where bad outcomes are counted a little before or after the outcomes they
    belong to, those too many wait for the next look, so that no look has more bad ones than all."""

    def __init__(self, compared: Compared) -> None:
        """Nothing is counted yet."""
        self._compared = compared
        self._added: dict[int, Counter[Key]] = {}
        self._bad: Counter[Key] = Counter()
        self._told: Counter[tuple[Arm, SignalName]] = Counter()
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
        """The looks that end at `until` or before, with any outcome, and are not told yet."""
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
            bad = min(size, max(0, known - self._told[arm, signal]))
            self._told[arm, signal] += bad
            if size:
                arms[arm][signal] = Tally(bad, size)
        if not any(arms.values()):
            return None
        at = self._compared.since + number * self._compared.every
        return Look(at, arms["canary"], arms["baseline"])
