"""The list of recent questions and its mirror in each process."""

from __future__ import annotations

import numpy as np
import pytest

from app.cache.semantic import MOST_SCOPES, SimilarQuestion, SimilarQuestions

DIMENSION = 64


def unit(number: int) -> np.ndarray:
    """A direction of its own for each number."""
    vector = np.random.default_rng(number).standard_normal(DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


@pytest.fixture
def make(cache_store):
    """Views of one store, as of several processes."""

    def made(most: int = 100, threshold: float = 0.8) -> SimilarQuestions:
        return SimilarQuestions(threshold, most, 60)

    return made


def asked(number: int) -> SimilarQuestion:
    return SimilarQuestion(f"Where is shelf {number}?", f"answer:set:{number}")


@pytest.fixture
def catch_up(cache_store):
    """Have a view take in what is new in a scope."""

    def caught_up(near: SimilarQuestions, scope: str = "near:set:one") -> None:
        asked = near.since(scope, DIMENSION)
        near.catch_up(asked, DIMENSION, cache_store.do(asked)[0])

    return caught_up


@pytest.fixture
def add(cache_store):
    """Have a view's question kept."""

    def added(near: SimilarQuestions, scope: str, vector: np.ndarray, one: SimilarQuestion) -> None:
        cache_store.do(*near.adding(scope, vector, one))

    return added


@pytest.fixture
def found(catch_up):
    """The questions that a view finds to ask the same, when it has caught up."""

    def find(
        near: SimilarQuestions, number: int, scope: str = "near:set:one"
    ) -> list[SimilarQuestion]:
        catch_up(near, scope)
        return list(near.find(scope, unit(number), f"Please tell me where shelf {number} is."))

    return find


def test_a_question_is_found_by_another_process(make, add, found) -> None:
    here, there = make(), make()
    assert found(there, 7) == []
    add(here, "near:set:one", unit(7), asked(7))
    assert found(there, 7) == found(here, 7) == [asked(7)]
    assert found(there, 8) == []
    assert found(there, 7, "near:set:two") == []


def test_only_the_last_ones_are_compared_with(make, add, found) -> None:
    near = make(most=80)
    for number in range(200):
        add(near, "near:set:one", unit(number), asked(number))
        if number % 30 == 0:
            found(near, number)
    fresh = make(most=80)
    for view in (near, fresh):
        assert [n for n in range(200) if found(view, n)] == list(range(120, 200))


def test_a_question_that_comes_again_takes_no_second_place(make, add, found) -> None:
    near = make(most=3)
    for number in (1, 2, 1, 1, 1, 3):
        add(near, "near:set:one", unit(number), asked(number))
        found(near, number)
    assert all(found(near, number) for number in (1, 2, 3))


def test_a_question_whose_answer_is_gone_is_forgotten(make, add, found) -> None:
    near = make()
    add(near, "near:set:one", unit(1), asked(1))
    assert found(near, 1) == [asked(1)]
    near.forget("near:set:one", asked(1))
    assert found(near, 1) == []
    add(near, "near:set:one", unit(1), asked(1))
    assert found(near, 1) == [asked(1)]


def test_nearest_come_first_and_the_gate_has_the_last_word(make, add, catch_up) -> None:
    near = make(threshold=0.5)
    add(near, "near:set:one", unit(1), SimilarQuestion("Where is shelf 1?", "a"))
    between = unit(1) + 0.5 * unit(2)
    add(
        near,
        "near:set:one",
        between / np.linalg.norm(between),
        SimilarQuestion("Where's shelf 1?", "b"),
    )
    add(near, "near:set:one", unit(1), SimilarQuestion("Where is shelf 2?", "c"))
    catch_up(near)
    assert [n.answer_key for n in near.find("near:set:one", unit(1), "Where is shelf 1")] == [
        "a",
        "b",
    ]
    assert near.turned_away == 1


def test_many_scopes_are_not_all_held_in_memory(make, add, found) -> None:
    near = make()
    for number in range(MOST_SCOPES + 5):
        add(near, f"near:set:{number}", unit(number), asked(number))
        assert found(near, number, f"near:set:{number}") == [asked(number)]
    assert len(near._mirrors) == MOST_SCOPES
    assert found(near, 0, "near:set:0") == [asked(0)]
