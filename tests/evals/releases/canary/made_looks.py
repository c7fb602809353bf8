"""Looks of two releases with known shares of bad outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from evals.errors import CanaryError
from evals.releases.canary.evidence import ErrorRates
from evals.releases.canary.judge import Rules
from evals.releases.canary.signals import SIGNALS, Look, SignalName, Tally

BEGIN = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
USUAL: dict[SignalName, float] = {
    "errors": 0.002, "latency": 0.03, "refusals": 0.1, "citations": 0.01,
    "feedback": 0.2, "cost": 0.03,
}  # fmt: skip
RULES = Rules(SIGNALS, ErrorRates(), minimum=300)


def made_looks(
    count: int = 30,
    worse: Mapping[SignalName, float] | None = None,
    *,
    canary: int = 60,
    baseline: int = 180,
    without: Sequence[SignalName] = (),
    first: int = 1,
) -> list[Look]:
    """Looks of a minute each; the canary's shares are higher by what `worse` says."""
    chance = np.random.default_rng(first)

    def arm(size: int, more: Mapping[SignalName, float]) -> dict[SignalName, Tally]:
        return {
            name: Tally(int(chance.binomial(size, share + more.get(name, 0.0))), size)
            for name, share in USUAL.items()
            if name not in without and size
        }

    return [
        Look(BEGIN + number * MINUTE, arm(canary, worse or {}), arm(baseline, {}))
        for number in range(first, first + count)
    ]


class Scripted:
    """A source that gives looks as they end, and fails on demand."""

    lag = timedelta(seconds=1)

    def __init__(self, looks: list[Look], fails: Mapping[int, CanaryError] | None = None) -> None:
        self.left = list(looks)
        self.fails = dict(fails or {})
        self.asked = 0
        self.not_judged: dict[SignalName, str] = {}
        self.bounds: dict[SignalName, float] = {"latency": 2.5}
        self.named = ["rel-a", "rel-b"]

    def looks(self, until: datetime) -> list[Look]:
        self.asked += 1
        if (error := self.fails.get(self.asked)) is not None:
            raise error
        due = [look for look in self.left if look.at <= until]
        self.left = self.left[len(due) :]
        return due

    def releases(self) -> list[str]:
        return self.named


class Time:
    """A clock that a test moves by waiting."""

    def __init__(self) -> None:
        self.at = BEGIN

    def now(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self.at += timedelta(seconds=seconds)


def tolerating(name: SignalName, share: float) -> Rules:
    """The rules with another tolerance."""
    signals = tuple(
        replace(signal, tolerance=share) if signal.name == name else signal for signal in SIGNALS
    )
    return replace(RULES, signals=signals)
