"""How often the judge of canaries is wrong, and the smallest fault it finds; by simulation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from evals.benchmarks.table import Result
from evals.releases.canary.evidence import ErrorRates, Evidence
from evals.releases.canary.signals import SIGNALS, Signal, SignalName
from evals.statistics.two_arms import Floats, TwoArms
from evals.statistics.wilson import wilson
from ingestion.embedding.embedder import Embedder

TRIALS = 2_000
SEARCH_TRIALS = 400
FOUND = 0.95
GOAL = 0.05
# Three steps of 20 minutes with a look every minute.
SHARES, LOOKS = (0.05, 0.25, 0.5), 20
# Requests of the canary in all; the baseline has what is left of the traffic.
REQUESTS = 2_000
# Shares of bad outcomes in the baseline, and outcomes for each request.
USUAL: dict[SignalName, tuple[float, float]] = {
    "errors": (0.005, 1.0),
    "latency": (0.04, 0.7),
    "refusals": (0.10, 1.0),
    "citations": (0.02, 1.0),
    "feedback": (0.20, 0.05),
    "cost": (0.04, 0.7),
}


@dataclass(frozen=True)
class Traffic:
    """How both arms behave.

    Attributes:
        name: what is unusual about it.
        moved: the base rates of a look from its number, the usual rate and the chance; shape
            (trials, 1), for both arms.
        spread: overdispersion: each look of each arm has a rate of its own, from a beta distribution
            with this correlation between two outcomes; 0 for none.
        faults: what the canary's rates are higher by.
        begins: the look from which on they are.
    """

    name: str
    moved: Callable[[int, float, np.random.Generator, int], Floats] = (
        lambda look, usual, chance, trials: np.full(trials, usual)
    )
    spread: float = 0.0
    faults: tuple[tuple[SignalName, float], ...] = ()
    begins: int = 0


@dataclass(frozen=True)
class Simulated:
    """What became of the simulated canaries.

    Attributes:
        failed: share that was failed at any look.
        passed_last: share that every needed signal passes at the last look.
        passed_ever: share that every needed signal passes at any look.
        failed_after: the canary's requests at which a canary was failed, the median; nan for none.
    """

    failed: float
    passed_last: float
    passed_ever: float
    failed_after: float


def run(_: Embedder) -> Result:
    """False alarms, wrong passes, and the smallest faults that are found."""
    result = Result(
        "canary",
        f"Canaries of {REQUESTS} requests in steps of 5, 25 and 50 % of the traffic, a look every "
        f"minute for an hour, {TRIALS} trials; alpha 0.05",
    )
    for traffic in (*HARMLESS, *BURSTS):
        found = simulate(SIGNALS, traffic, TRIALS, seed=1)
        note = (
            f"95 % interval {_interval_text(found.failed, TRIALS)}; passes: {found.passed_last:.3f}"
        )
        what = f"false alarms: {traffic.name}"
        held = traffic in HARMLESS
        result.add(what, found.failed, "of canaries", at_most=GOAL if held else None, note=note)
    for signal in SIGNALS:
        if signal.needed:
            bad = Traffic("worse by the tolerance", faults=((signal.name, signal.tolerance),))
            found = simulate((signal,), bad, TRIALS, seed=2)
            result.add(
                f"wrong passes at any look: {signal.name} worse by its tolerance",
                found.passed_ever,
                "of canaries",
                at_most=GOAL,
                note=f"at the last look {found.passed_last:.3f}; failed {found.failed:.3f}",
            )
    for signal in SIGNALS:
        half = Traffic(
            "worse by half of the tolerance", faults=((signal.name, signal.tolerance / 2),)
        )
        found = simulate((signal,), half, TRIALS, seed=3)
        result.add(f"failed: {signal.name} worse by half of its tolerance", found.failed,
                   "of canaries", note=f"passes at the last look: {found.passed_last:.3f}")  # fmt: skip
    for signal in SIGNALS:
        usual, rate = USUAL[signal.name]
        for requests, said in (
            (REQUESTS, "of the canary"),
            (round(REQUESTS * sum(SHARES) / len(SHARES)), f"of it, {REQUESTS:,} in all"),
        ):
            smallest, after = smallest_fault(signal, requests)
            comment = (
                f"half are failed after {after:,.0f} requests"
                if math.isfinite(smallest)
                else "none is found as often"
            )
            result.add(
                f"smallest fault failed in 95 %: {signal.name}, {requests:,} requests {said}",
                100 * smallest,
                "points",
                note=f"from {100 * usual:g} %, {requests * rate:,.0f} outcomes; tolerated "
                f"{100 * signal.tolerance:g}; {comment}",
            )
    return result


def simulate(
    signals: tuple[Signal, ...], traffic: Traffic, trials: int, seed: int, requests: int = REQUESTS
) -> Simulated:
    """Run canaries over all looks of all steps, and judge each at each look.

    Args:
        signals: what they are judged by; alpha is shared by all SIGNALS, whichever are simulated.
        traffic: how both arms behave.
        trials: how many canaries.
        seed: of all that is drawn.
        requests: of the canary in all, on average.
    """
    chance = np.random.default_rng(seed)
    rates = ErrorRates(signals=len(SIGNALS))
    evidence = {s.name: Evidence(s.tolerance, s.guess, rates, (trials,)) for s in signals}
    faults = dict(traffic.faults)
    failed, passed_ever = np.zeros(trials, bool), np.zeros(trials, bool)
    passed = np.zeros(trials, bool)
    served, failed_after = np.zeros(trials), np.full(trials, np.nan)
    per_look = requests / sum(SHARES) / LOOKS
    for look in range(len(SHARES) * LOOKS):
        arrived = chance.poisson(per_look, trials)
        canary = chance.binomial(arrived, SHARES[look // LOOKS])
        served += canary
        passed = np.ones(trials, bool)
        for signal in signals:
            usual, rate = USUAL[signal.name]
            sizes = [chance.binomial(arm, rate) for arm in (canary, arrived - canary)]
            base = traffic.moved(look, usual, chance, trials)
            worse = faults.get(signal.name, 0.0) if look >= traffic.begins else 0.0
            bad = [
                chance.binomial(size, _spread(np.clip(share, 0, 1), traffic.spread, chance))
                for size, share in zip(sizes, (base + worse, base), strict=True)
            ]
            evidence[signal.name].add(TwoArms(bad[0], sizes[0], bad[1], sizes[1]))
            now = evidence[signal.name].fails
            failed_after = np.where(now & ~failed, served, failed_after)
            failed |= now
            if signal.needed:
                passed &= evidence[signal.name].passes
        passed &= ~failed
        passed_ever |= passed
    middle = float(np.nanmedian(failed_after)) if failed.any() else math.nan
    return Simulated(float(failed.mean()), float(passed.mean()), float(passed_ever.mean()), middle)


def smallest_fault(signal: Signal, requests: int) -> tuple[float, float]:
    """The smallest rise of the share that is failed in FOUND of canaries, by halving, and the
    canary's requests after which half of these are failed; nan where even all bad is not."""
    low, high = 0.0, 1 - USUAL[signal.name][0]
    after = math.nan
    while high - low > 0.002:
        middle = (low + high) / 2
        bad = Traffic("worse", faults=((signal.name, middle),))
        found = simulate((signal,), bad, SEARCH_TRIALS, seed=4, requests=requests)
        if found.failed >= FOUND:
            high, after = middle, found.failed_after
        else:
            low = middle
    return (high, after) if math.isfinite(after) else (math.nan, math.nan)


def _interval_text(share: float, trials: int) -> str:
    low, high = wilson(round(share * trials), trials)
    return f"{low:.3f} to {high:.3f}"


def _spread(share: Floats, correlation: float, chance: np.random.Generator) -> Floats:
    """Rates around a share, one for each trial."""
    if not correlation:
        return share
    size = 1 / correlation - 1
    inner = np.clip(share, 1e-9, 1 - 1e-9)
    return chance.beta(inner * size, (1 - inner) * size)


def _day(look: int, usual: float, _: np.random.Generator, trials: int) -> Floats:
    """From a third of the usual rate to three times as much."""
    return np.full(trials, usual * 3 ** np.sin(2 * np.pi * look / 60))


def _outage(look: int, usual: float, _: np.random.Generator, trials: int) -> Floats:
    """Half of everything goes wrong in three minutes of the second step."""
    return np.full(trials, 0.5 if 28 <= look < 31 else usual)


def _shaky(look: int, usual: float, chance: np.random.Generator, trials: int) -> Floats:
    """Bursts that hit both arms: each look has a rate of its own."""
    return _spread(np.full(trials, usual), 0.05, chance)


PLAIN = Traffic("no difference")
HARMLESS = (
    PLAIN,
    Traffic("rates drift between a third and three times", _day),
    Traffic("an outage of three minutes hits both", _outage),
    Traffic("bursts that hit both alike (correlation 0.05 in a look)", _shaky),
)
BURSTS = (
    replace(PLAIN, name="bursts that hit each alone (correlation 0.01)", spread=0.01),
    replace(PLAIN, name="bursts that hit each alone (correlation 0.05)", spread=0.05),
)
