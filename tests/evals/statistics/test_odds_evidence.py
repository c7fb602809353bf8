from __future__ import annotations

import numpy as np
from scipy.stats import hypergeom, nchypergeom_fisher

from evals.statistics.odds_evidence import OddsEvidence, conditional_log_likelihood
from evals.statistics.two_arms import StratifiedDifference, TwoArms, two_arms


def many(chance: np.random.Generator, canary: float, baseline: float, trials: int) -> TwoArms:
    size, size_before = np.full(trials, 10), np.full(trials, 40)
    return TwoArms(
        chance.binomial(size, canary), size, chance.binomial(size_before, baseline), size_before
    )


def test_the_likelihood_is_fishers_noncentral_hypergeometric() -> None:
    odds = np.array([0.0, 0.5, 2.0])
    found = conditional_log_likelihood(two_arms(4, 30, 3, 200), odds)
    central = hypergeom.pmf(4, 230, 7, 30)
    wanted = [np.log(nchypergeom_fisher.pmf(4, 230, 7, 30, np.exp(o)) / central) for o in odds]
    np.testing.assert_allclose(found, wanted, atol=1e-9)


def test_the_ratio_has_mean_one_where_there_is_no_difference_and_less_where_it_is_better() -> None:
    counts = np.arange(8)
    ratios = np.array(
        [np.exp(conditional_log_likelihood(two_arms(x, 30, 7 - x, 200), np.array([1.0, 3.0])))
         for x in counts]
    )  # fmt: skip
    equal = hypergeom.pmf(counts, 230, 7, 30)
    better = nchypergeom_fisher.pmf(counts, 230, 7, 30, 0.5)
    np.testing.assert_allclose(equal @ ratios, 1.0)
    assert (better @ ratios < 1).all()


def test_counts_of_busy_looks_do_not_overflow() -> None:
    found = conditional_log_likelihood(two_arms(900, 20_000, 300, 20_000), np.array([4.1]))
    assert np.isfinite(found).all()


def test_false_alarms_over_all_looks_are_at_most_alpha_while_the_base_rate_drifts() -> None:
    chance, trials = np.random.default_rng(1), 1000
    evidence = OddsEvidence((trials,))
    alarmed = np.zeros(trials, bool)
    for look in range(60):
        rate = 0.1 + 0.09 * np.sin(look / 5)
        evidence.add(many(chance, rate, rate, trials))
        alarmed |= evidence.log_evidence[:, 0] >= np.log(20)
    assert 0 < alarmed.mean() <= 0.05


def test_a_fault_that_begins_late_is_not_outweighed_by_the_good_time_before() -> None:
    chance = np.random.default_rng(2)
    evidence = OddsEvidence((100,))
    for _ in range(200):
        evidence.add(many(chance, 0.05, 0.05, 100))
    for _ in range(40):
        evidence.add(many(chance, 0.20, 0.05, 100))
    assert (evidence.log_evidence[:, 0] >= np.log(120)).mean() > 0.95
    assert evidence.since_it_began[:, 0].mean() > 0.1


def test_the_lower_bound_is_above_zero_just_where_no_difference_is_ruled_out() -> None:
    evidence = OddsEvidence(nulls=np.arange(-60, 71))
    assert evidence.lower_bound(0.05) == -np.inf
    for _ in range(10):
        evidence.add(two_arms(12, 50, 20, 500))
    assert evidence.log_evidence[60] > np.log(20)
    assert 0 <= evidence.lower_bound(0.05) < np.log((12 / 38) / (20 / 480))


def test_looks_in_which_one_arm_has_nothing_say_nothing() -> None:
    evidence = OddsEvidence()
    evidence.add(two_arms(0, 0, 50, 100))
    evidence.add(two_arms(0, 10, 0, 100))
    assert evidence.log_evidence[0] == 0.0


def test_traffic_that_moves_between_looks_does_not_bias_the_difference() -> None:
    difference = StratifiedDifference()
    difference.add(two_arms(5, 50, 95, 950))  # a tenth of both
    difference.add(two_arms(250, 500, 250, 500))  # half of both
    assert difference.value == 0.0
