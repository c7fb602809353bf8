"""What a canary is judged by, and the counts of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

SignalName: TypeAlias = Literal["errors", "latency", "refusals", "citations", "feedback", "cost"]


@dataclass(frozen=True, slots=True)
class Signal:
    """A share of bad outcomes.

    Attributes:
        name: short, for tables and flags.
        bad: what a bad outcome is.
        of: what is counted in all.
        tolerance: by how much the canary's share may be above the baseline's, in 0 to 1.
        guess: a usual share; only the time it takes to pass depends on it.
        needed: whether a pass needs it shown to be within its tolerance.
    """

    name: SignalName
    bad: str
    of: str
    tolerance: float
    guess: float
    needed: bool = True


SIGNALS = (
    Signal("errors", "failed or degraded requests", "requests", 0.01, 0.005),
    Signal("latency", "slow answers", "answers not from the cache", 0.05, 0.05),
    Signal("refusals", "refused answers", "answers", 0.05, 0.1),
    Signal("citations", "answers with a failed citation", "answers", 0.03, 0.02),
    Signal("feedback", "thumbs down", "thumbs", 0.1, 0.25, needed=False),
    Signal("cost", "dear answers", "answers with a price", 0.05, 0.05, needed=False),
)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many outcomes of one signal an arm has, and how many of them are bad."""

    bad: int = 0
    size: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(self.bad + other.bad, self.size + other.size)


Tallies: TypeAlias = Mapping[SignalName, Tally]


@dataclass(frozen=True, slots=True)
class Look:
    """What both arms did between two looks.

    Attributes:
        at: the end of that time, UTC.
        canary: by signal; a signal that is not there has no outcomes.
        baseline: likewise.
    """

    at: datetime
    canary: Tallies = field(default_factory=dict)
    baseline: Tallies = field(default_factory=dict)
