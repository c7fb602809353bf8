"""Ratios of things measured by turns, with bounds that say how sure they are."""

from __future__ import annotations

import random

import pytest

from evals.benchmarks.turns import by_turns, ratio


def test_ways_take_turns_and_every_second_turn_goes_backwards() -> None:
    order: list[str] = []

    def way(name: str):
        def run() -> float:
            order.append(name)
            return float(len(order))

        return run

    found = by_turns([way("a"), way("b"), way("c")], 3)
    assert "".join(order) == "abccbaabc"
    assert found == [[1, 6, 7], [2, 5, 8], [3, 4, 9]]


def test_a_few_turns_give_the_least_and_the_largest_ratio() -> None:
    assert ratio([2, 3, 8], [1, 1, 2]) == (3, 2, 4)
    assert ratio([5], [2]) == (2.5, 2.5, 2.5)


def test_many_turns_give_an_interval_that_holds_the_true_ratio() -> None:
    chance = random.Random(1)
    theirs = [chance.uniform(9, 11) for _ in range(200)]
    ours = [2 * chance.uniform(9, 11) for _ in range(200)]
    found = ratio(ours, theirs)
    assert found.low < 2 < found.high
    assert found.high - found.low < 0.1
    assert found.low <= found.value <= found.high
    assert ratio(ours, theirs) == found


def test_a_slow_spell_that_falls_on_both_changes_nothing() -> None:
    spell = [1, 1, 50, 1, 1]
    assert ratio([3 * one for one in spell], spell) == (3, 3, 3)


@pytest.mark.parametrize(("ours", "theirs"), [([], []), ([1, 2], [1])])
def test_what_makes_no_pairs_makes_no_ratio(ours: list[float], theirs: list[float]) -> None:
    with pytest.raises(ValueError, match="make no ratio"):
        ratio(ours, theirs)
