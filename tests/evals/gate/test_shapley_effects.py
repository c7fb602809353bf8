"""Effects of factors that are known."""

from __future__ import annotations

import pytest

from evals.gate.attribution import (
    contrasts,
    effect_weights,
    interaction_weights,
    subsets,
    weighted_effect,
)

NAMES = ("prompt", "index", "model")
ALL = frozenset(NAMES)


def grid(score):
    return {cell: score(cell) for cell in subsets(NAMES)}


def test_what_each_adds_is_found() -> None:
    worth = {"prompt": 0.3, "index": -0.1, "model": 0.05}
    scores = grid(lambda cell: 0.5 + sum(worth[name] for name in cell))
    found = {name: weighted_effect(weights, scores) for name, weights in contrasts(NAMES).items()}
    for name in NAMES:
        assert found[name] == pytest.approx(worth[name])
    assert [found[name] for name in found if " x " in name] == pytest.approx([0, 0, 0])


def test_effects_add_up_to_the_whole_difference_whatever_interacts() -> None:
    scores = grid(lambda cell: 0.7 ** len(cell) + 0.2 * ({"prompt", "index"} <= cell))
    total = sum(weighted_effect(effect_weights(NAMES, name), scores) for name in NAMES)
    assert total == pytest.approx(scores[ALL] - scores[frozenset()])


def test_two_that_only_work_together_share_it() -> None:
    scores = grid(lambda cell: float({"prompt", "model"} <= cell))
    found = {name: weighted_effect(weights, scores) for name, weights in contrasts(NAMES).items()}
    assert found["prompt"] == pytest.approx(0.5)
    assert found["model"] == pytest.approx(0.5)
    assert found["index"] == pytest.approx(0.0)
    assert found["prompt x model"] == pytest.approx(1.0)
    assert found["prompt x index"] == pytest.approx(0.0)


def test_one_factor_is_the_plain_difference_and_two_the_difference_of_differences() -> None:
    one = effect_weights(["prompt"], "prompt")
    assert one == {frozenset({"prompt"}): 1.0, frozenset(): -1.0}
    two = interaction_weights(["a", "b"], ("a", "b"))
    assert two == {
        frozenset("ab"): 1.0,
        frozenset("a"): -1.0,
        frozenset("b"): -1.0,
        frozenset(): 1.0,
    }
