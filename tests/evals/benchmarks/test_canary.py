from __future__ import annotations

import math

from evals.benchmarks.canary import HARMLESS, Traffic, simulate, smallest_fault
from evals.releases.canary.signals import SIGNALS

ERRORS = SIGNALS[0]


def test_a_canary_without_difference_is_seldom_failed_and_usually_passes() -> None:
    found = simulate((ERRORS,), HARMLESS[0], 200, seed=1)
    assert found.failed <= 0.05
    assert found.passed_last > 0.7


def test_a_bad_canary_is_failed_and_does_not_pass() -> None:
    found = simulate((ERRORS,), Traffic("bad", faults=(("errors", 0.05),)), 100, seed=1)
    assert found.failed == 1.0
    assert found.passed_last == 0.0
    assert 0 < found.failed_after < 500


def test_a_fault_that_comes_with_the_last_step_is_found() -> None:
    late = Traffic("late", faults=(("errors", 0.05),), begins=40)
    assert simulate((ERRORS,), late, 100, seed=1).failed > 0.95


def test_the_smallest_fault_of_a_handful_of_outcomes_is_none() -> None:
    feedback = next(signal for signal in SIGNALS if signal.name == "feedback")
    assert math.isnan(smallest_fault(feedback, 50)[0])
