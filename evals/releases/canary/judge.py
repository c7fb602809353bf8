"""Judge a canary from the counts of both releases: what is shown, and what follows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from evals.releases.canary.evidence import ErrorRates, Evidence
from evals.releases.canary.judgement import Arm, Outcome, Point, SignalJudgement, Standing
from evals.releases.canary.signals import Look, Signal, SignalName, Tally
from evals.statistics.two_arms import TwoArms, two_arms

# Log odds ratios whose lower bound is drawn, in the evidence's steps: from e**-3 to e**3.5.
NULLS = np.arange(-60, 71)
# Differences whose upper bound is drawn: every tenth of a point near 0, coarser further out.
BOUNDS = np.unique(
    np.concatenate(
        [
            np.arange(-300, -50, 10),
            np.arange(-50, 50, 1),
            np.arange(50, 200, 5),
            np.arange(200, 951, 25),
        ]
    )
    / 1000.0
)
# Looks without a request of the canary, while the baseline has some, after which it may be dead.
QUIET = 3
# e-value that the other looks should have without the worst one; 10 is strong by Jeffreys' scale.
SUPPORT = 10


@dataclass(frozen=True, slots=True)
class Rules:
    """What a canary must hold.

    Attributes:
        signals: what is judged, with tolerances.
        rates: how often the judge may be wrong.
        minimum: requests that each release must have for a pass. A fault ends the canary earlier.
    """

    signals: tuple[Signal, ...]
    rates: ErrorRates
    minimum: int


@dataclass(slots=True)
class _State:
    """One signal so far."""

    signal: Signal
    evidence: Evidence
    canary: Tally = field(default_factory=Tally)
    baseline: Tally = field(default_factory=Tally)
    looks: list[tuple[datetime, TwoArms]] = field(default_factory=list)


class Judge:
    """Takes in look after look; the same looks give the same judgement, whenever it is asked."""

    def __init__(self, rules: Rules, release: str, baseline: str) -> None:
        """No look is taken yet."""
        self._rules = rules
        self._releases = release, baseline
        self._states: dict[SignalName, _State] = {}
        for signal in rules.signals:
            bounds = np.unique(np.append(BOUNDS, signal.tolerance))
            self._states[signal.name] = _State(
                signal,
                Evidence(signal.tolerance, signal.guess, rules.rates, nulls=NULLS, bounds=bounds),
            )
        self._quiet = 0

    @property
    def requests(self) -> tuple[int, int]:
        """Requests of the canary and of the baseline so far."""
        errors = self._states["errors"]
        return errors.canary.size, errors.baseline.size

    def add(self, look: Look) -> None:
        """Take in what came since the last look."""
        for name, state in self._states.items():
            canary, baseline = look.canary.get(name, Tally()), look.baseline.get(name, Tally())
            state.canary += canary
            state.baseline += baseline
            counts = two_arms(canary.bad, canary.size, baseline.bad, baseline.size)
            state.evidence.add(counts)
            state.looks.append((look.at, counts))
        serves = {arm: tallies.get("errors", Tally()).size for arm, tallies in
                  (("canary", look.canary), ("baseline", look.baseline))}  # fmt: skip
        if serves["canary"]:
            self._quiet = 0
        elif serves["baseline"]:
            self._quiet += 1

    def points(self, not_judged: Mapping[SignalName, str]) -> dict[SignalName, Point]:
        """Where each signal stands."""
        found = {}
        for name, state in self._states.items():
            standing = self._standing(state, name in not_judged)
            difference, interval = self._numbers(state, standing)
            found[name] = Point(difference=difference, interval=interval, standing=standing)
        return found

    def signals(
        self, not_judged: Mapping[SignalName, str], bounds: Mapping[SignalName, float]
    ) -> list[SignalJudgement]:
        """What is known of each signal.

        Args:
            not_judged: signals without counts, and why.
            bounds: from where on an answer is slow or dear.
        """
        return [
            self._judgement(state, not_judged.get(name), bounds.get(name))
            for name, state in self._states.items()
        ]

    def outcome(self, not_judged: Mapping[SignalName, str]) -> tuple[Outcome, str]:
        """What follows from the looks so far, and why; inconclusive where it takes more."""
        judged = self.signals(not_judged, {})
        if worse := [signal for signal in judged if signal.standing == "worse"]:
            return "fail", " ".join(signal.reason for signal in worse)
        canary, baseline = self.requests
        minimum = self._rules.minimum
        for release, count in zip(self._releases, (canary, baseline), strict=True):
            if not count:
                return "inconclusive", f"{release!r} has served no request."
            if count < minimum:
                return (
                    "inconclusive",
                    f"{release!r} has served {count:,} of at least {minimum:,} requests.",
                )
        if self._quiet >= QUIET:
            return "inconclusive", (
                f"{self._releases[0]!r} has served nothing in the last {self._quiet} looks, while the "
                "baseline has; look whether it lives."
            )
        if missing := [s for s in judged if s.needed and s.standing != "no worse"]:
            return "inconclusive", " ".join(signal.reason for signal in missing)
        held = ", ".join(signal.name for signal in judged if signal.standing == "no worse")
        return "pass", f"{self._releases[0]!r} is within its tolerances: {held}."

    def _standing(self, state: _State, left_out: bool) -> Standing:
        if left_out or not (state.canary.size and state.baseline.size):
            return "not judged"
        if bool(state.evidence.fails):
            return "worse"
        return "no worse" if bool(state.evidence.passes) else "undecided"

    def _numbers(
        self, state: _State, standing: Standing
    ) -> tuple[float | None, tuple[float, float] | None]:
        """The difference and its interval, whose lower end is the bound of the odds ratio, put on the
        baseline's share so far."""
        if standing == "not judged":
            return None, None
        seen = float(state.evidence.overall.value)
        share = (state.baseline.bad + 0.5) / (state.baseline.size + 1)
        odds = math.exp(state.evidence.odds.lower_bound(self._rules.rates.of_one))
        low = share * odds / (1 - share + share * odds) - share
        high = state.evidence.difference.upper_bound(self._rules.rates.wrong_pass)
        return seen, (min(low, seen), max(high, seen))

    def _judgement(
        self, state: _State, left_out: str | None, bound: float | None
    ) -> SignalJudgement:
        signal, standing = state.signal, self._standing(state, left_out is not None)
        canary, baseline = self._releases
        difference, interval = self._numbers(state, standing)
        log_evidence = float(state.evidence.odds.log_evidence[int(np.searchsorted(NULLS, 0))])
        return SignalJudgement(
            name=signal.name,
            bad=signal.bad,
            of=signal.of,
            needed=signal.needed,
            tolerance=signal.tolerance,
            bound=bound,
            canary=_arm(canary, state.canary),
            baseline=_arm(baseline, state.baseline),
            difference=difference,
            interval=interval,
            evidence=math.exp(min(log_evidence, 700.0)),
            standing=standing,
            reason=_reason(state, standing, interval, left_out, self._releases)
            + (self._burst(state) if standing == "worse" else ""),
        )

    def _burst(self, state: _State) -> str:
        """A remark where a single look shows the fault: a fault that has just begun, or a burst of
        outcomes that depend on each other."""
        worst, _ = max(state.looks, key=lambda look: _excess(look[1]))
        without = Evidence(state.signal.tolerance, state.signal.guess, self._rules.rates)
        for at, counts in state.looks:
            if at != worst:
                without.add(counts)
        if float(without.odds.log_evidence[0]) >= math.log(SUPPORT):
            return ""
        return (
            f" Only the look at {worst:%H:%M:%S} shows it: a fault that has just begun, or a burst."
        )


def _excess(counts: TwoArms) -> float:
    """Bad outcomes of the canary beyond its part of all bad ones."""
    both = int(counts.size + counts.size_before)
    bad = int(counts.bad + counts.bad_before)
    return float(counts.bad - counts.size * bad / both) if both else 0.0


def _arm(release: str, tally: Tally) -> Arm:
    share = tally.bad / tally.size if tally.size else None
    return Arm(release=release, bad=tally.bad, size=tally.size, share=share)


def _reason(
    state: _State,
    standing: Standing,
    interval: tuple[float, float] | None,
    left_out: str | None,
    releases: Sequence[str],
) -> str:
    signal, canary, baseline = state.signal, state.canary, state.baseline
    counts = f"{canary.bad:,} of {canary.size:,} against {baseline.bad:,} of {baseline.size:,} {signal.of}"
    may = f"{100 * signal.tolerance:.1f} points are tolerated"
    if standing == "not judged":
        silent = [
            release for release, tally in zip(releases, (canary, baseline), strict=True)
            if not tally.size
        ]  # fmt: skip
        why = left_out or f"no {signal.of} of {' and '.join(map(repr, silent))}"
        return f"{signal.name}: not judged: {why}."
    if standing == "worse":
        return f"{signal.name}: worse: {signal.bad} are {counts}; {may}."
    high = interval[1] if interval else 1.0
    if standing == "no worse":
        return f"{signal.name}: {100 * high:+.1f} points at the worst ({counts}); {may}."
    return f"{signal.name}: {100 * high:+.1f} points cannot be ruled out yet ({counts}); {may}."
