"""What the counts of one signal say: worse, no worse, or neither yet."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.statistics.difference_evidence import DifferenceEvidence
from evals.statistics.odds_evidence import OddsEvidence
from evals.statistics.two_arms import Floats, Ints, StratifiedDifference, TwoArms


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """How often the judge may be wrong over a whole canary.

    Attributes:
        alpha: chance, at most, of failing a canary that is no worse in any signal.
        wrong_pass: chance, at most, of passing one that is worse by its tolerance in a needed signal.
        signals: how many signals can fail a canary; they share alpha equally.
        steps: how many judgements of the canary begin from nothing; they share alpha too.
    """

    alpha: float = 0.05
    wrong_pass: float = 0.05
    signals: int = 6
    steps: int = 1

    @property
    def of_one(self) -> float:
        """The part of alpha that one signal has in one judgement (Bonferroni: the signals depend on
        each other in ways that nobody knows)."""
        return self.alpha / (self.signals * self.steps)


class Evidence:
    """The evidence about one signal, or about many simulated ones side by side.

    A signal *fails* where it is shown that the canary is worse at all, and the best estimate says by
    its tolerance or more. Why not "shown to be worse by more than the tolerance"? That takes several
    times as many requests, while users meet the fault, and a canary that is worse by a little more
    than it may would never end. Why the estimate? With much traffic any difference can be shown, and
    one that is within the tolerance was agreed to.

    A signal *passes* where a difference of the tolerance or more is ruled out.
    """

    def __init__(
        self,
        tolerance: float,
        guess: float,
        rates: ErrorRates,
        shape: tuple[int, ...] = (),
        *,
        nulls: Ints | None = None,
        bounds: Floats | None = None,
    ) -> None:
        """Nothing is seen yet.

        Args:
            tolerance: by how much the canary's share may be higher.
            guess: a usual share.
            rates: see ErrorRates.
            shape: of the comparisons made side by side.
            nulls, bounds: see OddsEvidence and DifferenceEvidence; those that decide, and no more, by
                default.
        """
        self._tolerance = tolerance
        self._rates = rates
        grid = np.array([tolerance]) if bounds is None else bounds
        self._at = int(np.searchsorted(grid, tolerance))
        self._null_at = 0 if nulls is None else int(np.searchsorted(nulls, 0))
        self.odds = OddsEvidence(shape, nulls)
        self.difference = DifferenceEvidence(grid, guess, shape)
        self.overall = StratifiedDifference(shape)

    def add(self, looks: TwoArms) -> None:
        """Take in what came since the last look."""
        self.odds.add(looks)
        self.difference.add(looks)
        self.overall.add(looks)

    @property
    def fails(self) -> NDArray[np.bool_]:
        """Whether the canary is shown to be worse, by the best estimate by its tolerance or more."""
        estimate = np.maximum(self.overall.value, self.odds.since_it_began[..., self._null_at])
        shown = self.odds.log_evidence[..., self._null_at] >= -math.log(self._rates.of_one)
        found: NDArray[np.bool_] = shown & (estimate >= self._tolerance)
        return found

    @property
    def passes(self) -> NDArray[np.bool_]:
        """Whether a difference of the tolerance or more is ruled out."""
        found: NDArray[np.bool_] = self.difference.log_evidence[..., self._at] >= -math.log(
            self._rates.wrong_pass
        )
        return found
