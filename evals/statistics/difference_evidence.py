"""Anytime-valid evidence that one of two concurrent arms is worse by less than a tolerance."""

from __future__ import annotations

import numpy as np

from evals.statistics.two_arms import Floats, Ints, TwoArms

# Outcomes that a guess of the baseline's share counts for, before there are any.
GUESSED = 20
# Outcomes of the candidate that it takes to believe in a share of its own, half and half.
SHRUNK = 200
# Shares are betted on no closer to 0 and 1: a single surprise must not cost everything.
CLOSEST = 1e-4
HALVINGS = 52


class DifferenceEvidence:
    """An e-process of the hypothesis that the candidate's share of bad outcomes is at least `bound`
    above the baseline's.

    In each look, the likelihood of both arms' outcomes under a pair of shares q is divided by that
    under p, the pair nearest to q in Kullback-Leibler divergence among those that the hypothesis
    allows. The hypothesis is a convex set, so this ratio has mean 1 at most under every pair in it,
    whatever the sizes of the arms (Turner and Gruenwald, Statistics and Probability Letters 198,
    2023, arXiv:2203.09785: the log of its mean is concave in the true shares, 0 at p, and does not
    rise from p into the set, since p is nearest). q is guessed from the looks before, so the product
    over looks is a nonnegative supermartingale that starts at 1, and by Ville's inequality it reaches
    `1 / alpha` at any time with probability `alpha` at most. Each look has its own base rate: none is
    assumed to stay.

    By the same concavity, the mean of a look's ratio is at most `exp(w * (bound - difference))` with
    a weight w that is known before the look and about proportional to the candidate's outcomes in it.
    So what is ruled out is a *mean* difference of `bound` or more over all the candidate's outcomes
    so far, not only one in every look.

    Outcomes within a look are taken as independent given their shares.
    """

    def __init__(self, bounds: Floats, guess: float, shape: tuple[int, ...] = ()) -> None:
        """Nothing is seen yet.

        Args:
            bounds: differences under test, ascending, from -1 to 1, shape (D,).
            guess: of the baseline's share, before anything is seen; a poor one costs evidence, never
                validity.
            shape: of the comparisons made side by side.
        """
        self._bounds = bounds
        self._guess = guess
        self._bad, self._size = np.zeros(shape), np.zeros(shape)
        self._bad_before, self._size_before = np.zeros(shape), np.zeros(shape)
        self._log = np.zeros((*shape, len(bounds)))

    def add(self, looks: TwoArms) -> None:
        """Take in what came since the last look."""
        ratio = _log_ratio(looks, *self._guesses(), self._bounds)
        self._log = self._log + np.where(looks.compares[..., None], ratio, 0.0)
        self._bad = self._bad + looks.bad
        self._size = self._size + looks.size
        self._bad_before = self._bad_before + looks.bad_before
        self._size_before = self._size_before + looks.size_before

    @property
    def log_evidence(self) -> Floats:
        """Log of the e-process, for each bound."""
        return self._log

    def upper_bound(self, alpha: float) -> float:
        """The upper confidence bound of the difference; valid at all looks at once with probability
        1 - alpha. Of a single comparison; 1 where nothing is ruled out yet."""
        kept = np.flatnonzero(self._log < -np.log(alpha))
        last = int(kept[-1]) + 1 if len(kept) else 0
        return float(self._bounds[last]) if last < len(self._bounds) else 1.0

    def _guesses(self) -> tuple[Floats, Floats]:
        """Shares of candidate and baseline in the next look, by those before."""
        before = (self._bad_before + GUESSED * self._guess) / (self._size_before + GUESSED)
        own = (self._bad + SHRUNK * before) / (self._size + SHRUNK)
        return np.clip(own, CLOSEST, 1 - CLOSEST), np.clip(before, CLOSEST, 1 - CLOSEST)


def _log_ratio(looks: TwoArms, own: Floats, before: Floats, bounds: Floats) -> Floats:
    """Log likelihood ratio of the guessed shares to the nearest pair of each hypothesis.

    Args:
        looks: of shape S.
        own, before: guessed shares of candidate and baseline, shape S.
        bounds: shape (D,).

    Returns:
        Shape (*S, D).
    """
    own, before = own[..., None], before[..., None]
    size, size_before = looks.size[..., None], looks.size_before[..., None]
    near_before = nearest_share(own, before, size, size_before, bounds)
    near = near_before + bounds
    # An arm without outcomes may have its nearest share at 0 or 1; such a look is left out later.
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = (
            looks.bad[..., None] * np.log(own / near)
            + (size - looks.bad[..., None]) * np.log((1 - own) / (1 - near))
            + looks.bad_before[..., None] * np.log(before / near_before)
            + (size_before - looks.bad_before[..., None]) * np.log((1 - before) / (1 - near_before))
        )
    # A guess that the hypothesis itself allows is its own nearest pair.
    found: Floats = np.where(own - before >= bounds, 0.0, log_ratio)
    return found


def nearest_share(
    own: Floats, before: Floats, size: Ints, size_before: Ints, bounds: Floats
) -> Floats:
    """The baseline's share of the pair (share + bound, share) that is nearest to (own, before).

    It minimises `size * KL(own, share + bound) + size_before * KL(before, share)`, which is convex in
    the share, by halving the interval in which the derivative changes its sign.
    """
    low = np.maximum(0.0, -bounds) + np.zeros(np.broadcast(own, bounds).shape)
    high = np.minimum(1.0, 1 - bounds) + np.zeros_like(low)
    for _ in range(HALVINGS):
        share = (low + high) / 2
        other = share + bounds
        rises = (
            size_before * (share - before) * other * (1 - other)
            + size * (other - own) * share * (1 - share)
        ) > 0
        high = np.where(rises, share, high)
        low = np.where(rises, low, share)
    return (low + high) / 2
