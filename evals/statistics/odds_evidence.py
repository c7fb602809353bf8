"""Anytime-valid evidence that one of two concurrent arms has more bad outcomes."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammaln, logsumexp

from evals.statistics.two_arms import Floats, Ints, StratifiedDifference, TwoArms

# Log odds ratios of the alternatives: from 1.2 to 60 times the odds. One of them is never far from
# the truth, and nine cost log(9) = 2.2 units of evidence where the truth is known.
STEP = 0.05
EFFECTS = np.array([4, 6, 9, 14, 20, 30, 44, 62, 82])
# Share of the evidence that is staked on a fault that was there from the beginning.
AT_START = 0.5
# Numbers that are worked on at once: 32 MB.
BLOCK = 4_000_000


class OddsEvidence:
    """An e-process of the hypothesis that the candidate's odds are at most `exp(null)` times as high.

    Given how many outcomes each arm has in a look, and how many of all are bad, the candidate's bad
    ones follow Fisher's noncentral hypergeometric distribution, in which the base rate does not occur
    (Cornfield, 1956). So for any log odds ratio above the null, the ratio of its likelihood to the
    null's has mean 1 under the null, and at most 1 below it (the likelihood ratio is monotone), given
    all that came before. The product of such ratios over looks is therefore a nonnegative
    supermartingale that starts at 1, however the base rate drifts and traffic is split from look to
    look; so is any mixture of such products with weights fixed in advance. By Ville's inequality it
    reaches `1 / alpha` at any time with probability `alpha` at most (Ramdas, Gruenwald, Vovk and
    Shafer, Statistical Science 38, 2023; for stratified tables Turner and Gruenwald,
    arXiv:2302.11401).

    The mixture is over EFFECTS and over the look at which the fault begins (as in e-detectors: Shin,
    Ramdas and Rinaldo, arXiv:2203.03532): half of it begins with the first look, the rest is spent
    over later ones, so that a fault that comes with load is not outweighed by the good hours before.

    At null 0 it is a randomisation test: if each request is sent to an arm by chance, whatever the
    requests before it did, then under "the arm makes no difference" the candidate's bad outcomes are
    a random part of all bad ones, and independence of the outcomes themselves is not needed. An
    outage or a burst that hits both arms does not invalidate it. One that hits one arm alone does.
    """

    def __init__(self, shape: tuple[int, ...] = (), nulls: Ints | None = None) -> None:
        """Nothing is seen yet.

        Args:
            shape: of the comparisons made side by side.
            nulls: log odds ratios under test in units of STEP, ascending; 0 alone by default.
        """
        self._nulls = np.array([0]) if nulls is None else nulls
        self._looks = np.zeros(shape, dtype=np.int64)
        self._running = np.full((*shape, len(self._nulls), len(EFFECTS)), -np.inf)
        points = np.unique(
            np.concatenate([self._nulls, np.add.outer(self._nulls, EFFECTS).ravel()])
        )
        self._points = points * STEP
        self._null_at = np.searchsorted(points, self._nulls)
        self._effect_at = np.searchsorted(points, np.add.outer(self._nulls, EFFECTS))
        self._recent = StratifiedDifference((*shape, len(self._nulls), len(EFFECTS)))

    def add(self, looks: TwoArms) -> None:
        """Take in what came since the last look."""
        informative = looks.compares & (looks.bad + looks.bad_before > 0)
        likelihood = conditional_log_likelihood(looks, self._points)
        ratio = likelihood[..., self._effect_at] - likelihood[..., self._null_at][..., None]
        staked = np.log(_unspent(self._looks) - _unspent(self._looks + 1))
        staked = np.where(informative, staked, -np.inf)[..., None, None]
        begins = staked > self._running
        self._running = np.logaddexp(self._running, staked) + ratio
        self._looks = self._looks + informative
        self._recent.add(
            TwoArms(*(count[..., None, None] for count in
                      (looks.bad, looks.size, looks.bad_before, looks.size_before))),
            begins,
        )  # fmt: skip

    @property
    def log_evidence(self) -> Floats:
        """Log of the e-process, for each null."""
        unspent = np.log(_unspent(self._looks))[..., None, None]
        found: Floats = logsumexp(np.logaddexp(self._running, unspent), axis=-1) - np.log(
            len(EFFECTS)
        )
        return found

    @property
    def since_it_began(self) -> Floats:
        """The difference of the shares since the look at which the fault most likely began, for each
        null, as the alternative with the most evidence has it."""
        best = self._running.argmax(axis=-1)[..., None]
        found: Floats = np.take_along_axis(self._recent.value, best, axis=-1)[..., 0]
        return found

    def lower_bound(self, alpha: float) -> float:
        """The lower confidence bound of the log odds ratio; valid at all looks at once with
        probability 1 - alpha. Of a single comparison; -inf where nothing is ruled out yet."""
        kept = np.flatnonzero(self.log_evidence < -np.log(alpha))
        first = int(kept[0]) if len(kept) else len(self._nulls)
        return float(self._nulls[first - 1]) * STEP if first else -np.inf


def _unspent(looks: Ints) -> Floats:
    """Share of the mixture that begins after so many looks."""
    found: Floats = np.where(looks == 0, 1.0, (1 - AT_START) / np.sqrt(np.maximum(looks, 1)))
    return found


def conditional_log_likelihood(looks: TwoArms, log_odds: Floats) -> Floats:
    """Log probability ratio of the candidate's bad outcomes, given both arms' sizes and all bad ones.

    Fisher's noncentral hypergeometric distribution with each log odds ratio over the central one.

    Args:
        looks: of shape S.
        log_odds: log odds ratios, shape (P,).

    Returns:
        Shape (*S, P); 0 if there is nothing to compare.
    """
    flat = [np.atleast_1d(count).ravel() for count in
            (looks.bad, looks.size, looks.bad_before, looks.size_before)]  # fmt: skip
    bad, size, bad_before, size_before = flat
    all_bad = bad + bad_before
    least, most = np.maximum(0, all_bad - size_before), np.minimum(all_bad, size)
    steps = np.arange(int((most - least).max(initial=0)) + 1)
    counts = least[:, None] + steps
    inside = counts <= most[:, None]
    counts = np.where(inside, counts, least[:, None])
    chance = (
        _log_choose(size[:, None], counts)
        + _log_choose(size_before[:, None], all_bad[:, None] - counts)
        - _log_choose(size + size_before, all_bad)[:, None]
    )
    chance = np.where(inside, chance, -np.inf)
    # Counts are taken relative to the one observed, so that its own factor is 1.
    shift = counts - bad[:, None]
    pieces = []
    for odds in np.array_split(log_odds, math.ceil(chance.size * len(log_odds) / BLOCK) or 1):
        terms = chance[:, None, :] + odds[:, None] * shift[:, None, :]
        top = terms.max(axis=-1)
        pieces.append(-top - np.log(np.exp(terms - top[..., None]).sum(axis=-1)))
    found = np.concatenate(pieces, axis=-1)
    return found.reshape(*looks.shape, len(log_odds))


def _log_choose(of: Ints, taken: Ints) -> Floats:
    found: Floats = gammaln(of + 1) - gammaln(taken + 1) - gammaln(of - taken + 1)
    return found
