"""Tango's score test and interval, beside published values and an independent maximisation."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from evals.statistics.paired_shares import PairedShares, _score

counts = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 200)).filter(
    lambda row: sum(row) > 1
)


def test_the_soft_contact_lenses_of_tangos_paper() -> None:
    # Tango (1998), section 6.1: 43 both, 0 only the new, 1 only the standard, of 44; margin 0.1.
    # Printed: statistic 1.709, one-sided p 0.044, lower limit of the 90 % interval -0.096.
    lenses = PairedShares(wins=0, losses=1, questions=44)
    assert _score(0, 1, 44, -0.1) == pytest.approx(1.709, abs=5e-4)
    assert lenses.p_at_most(-0.1) == pytest.approx(0.044, abs=5e-4)
    assert lenses.interval(0.9)[0] == pytest.approx(-0.096, abs=5e-4)


@pytest.mark.parametrize(("wins", "losses", "count", "at"), [(3, 9, 60, -0.2), (5, 1, 40, 0.02)])
def test_the_score_uses_the_likeliest_shares_under_the_hypothesis(wins, losses, count, at) -> None:
    def unlikely(lost: float) -> float:
        won, same = lost + at, 1 - 2 * lost - at
        return -(
            wins * math.log(won)
            + losses * math.log(lost)
            + (count - wins - losses) * math.log(same)
        )

    low, high = max(0.0, -at) + 1e-9, (1 - at) / 2 - 1e-9
    lost = minimize_scalar(
        unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-12}
    ).x
    variance = count * (2 * lost + at * (1 - at))
    assert _score(wins, losses, count, at) == pytest.approx(
        (wins - losses - count * at) / math.sqrt(variance), rel=1e-4
    )


def test_of_no_difference_it_is_mcnemars_exact_test() -> None:
    # Airway hyper-responsiveness, 1 against 7 pairs (Fagerland, Lydersen and Laake, BMC Medical
    # Research Methodology 13, 2013): exact conditional two-sided p 0.0703.
    found = PairedShares(wins=1, losses=7, questions=21)
    assert 2 * found.p_at_least(0.0) == pytest.approx(0.0703, abs=5e-5)


def test_answers_that_all_agree_still_leave_doubt() -> None:
    low, high = PairedShares(0, 0, 220).interval(0.95)
    square = norm.ppf(0.975) ** 2
    assert (low, high) == pytest.approx((-square / (220 + square), square / (220 + square)))


@settings(max_examples=60, deadline=None)
@given(counts, st.sampled_from([0.8, 0.9, 0.95]))
def test_swapping_the_two_mirrors_the_interval(row, confidence) -> None:
    wins, losses, ties = row
    count = wins + losses + ties
    low, high = PairedShares(wins, losses, count).interval(confidence)
    assert PairedShares(losses, wins, count).interval(confidence) == pytest.approx((-high, -low))
    assert -1 <= low <= (wins - losses) / count <= high <= 1


@settings(max_examples=60, deadline=None)
@given(counts)
def test_the_p_value_and_the_bound_agree(row) -> None:
    wins, losses, ties = row
    found = PairedShares(wins, losses, wins + losses + ties)
    bound = found.mean - found.slack(0.95)
    if bound > -1 + 1e-6 and bound + 1e-6 != 0:
        assert found.p_at_most(bound) == pytest.approx(0.05, abs=1e-4) or bound == 0


@pytest.mark.parametrize(("wins", "losses", "expected"), [(0, 9, -1.0), (9, 0, 1.0)])
def test_all_lost_or_all_won_is_at_the_end_of_what_is_possible(wins, losses, expected) -> None:
    interval = PairedShares(wins, losses, 9).interval(0.95)
    assert expected in interval
