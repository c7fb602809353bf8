"""One order out of two, whatever the scores' scales."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.index.fusion import Fused, fuse
from ingestion.index.protocol import Candidates, Hit, Key

# Whole numbers, so that scaling them rounds nothing away.
SCORES = st.integers(0, 1000)
SIDES = st.tuples(
    st.dictionaries(st.integers(0, 50), SCORES.map(lambda score: score / 1000), min_size=1),
    st.dictionaries(st.integers(0, 50), st.integers(1, 1000).map(float)),
)
COVERAGES = st.sampled_from([0.0, 0.25, 0.5, 1.0])


def candidates(similarities: dict[int, float], lexical: dict[int, float]) -> Candidates:
    """What a backend gives: each list best first, a similarity for every key."""

    def ranked(scores: dict[int, float]) -> list[Hit]:
        return [Hit(key, scores[key]) for key in sorted(scores, key=lambda key: -scores[key])]

    every: dict[Key, float] = dict.fromkeys(lexical, 0.0)
    every.update(similarities.items())
    return Candidates(ranked(similarities), ranked(lexical), every, "")


def keys(fused: list[Fused]) -> list[Key]:
    return [found.key for found in fused]


@given(SIDES, COVERAGES)
def test_every_candidate_comes_once_best_first_with_what_each_search_said(
    sides: tuple[dict[int, float], dict[int, float]], coverage: float
) -> None:
    found = candidates(*sides)
    fused = fuse(found, coverage)
    assert sorted(keys(fused), key=str) == sorted(found.similarities, key=str)
    scores = [one.score for one in fused]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 1.0
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert {one.key: one.dense for one in fused} == found.similarities
    assert {one.key: one.lexical for one in fused if one.lexical is not None} == sides[1]


@given(SIDES, COVERAGES, st.randoms(use_true_random=False))
def test_the_order_in_which_candidates_arrive_does_not_matter(
    sides: tuple[dict[int, float], dict[int, float]], coverage: float, random: Random
) -> None:
    found = candidates(*sides)
    shuffled = list(found.similarities.items())
    random.shuffle(shuffled)
    assert keys(fuse(found._replace(similarities=dict(shuffled)), coverage)) == keys(
        fuse(found, coverage)
    )


@given(SIDES, COVERAGES, st.sampled_from([0.25, 2.0, 64.0]))
def test_the_scale_of_bm25_does_not_matter(
    sides: tuple[dict[int, float], dict[int, float]], coverage: float, scale: float
) -> None:
    similarities, lexical = sides
    scaled = {key: score * scale for key, score in lexical.items()}
    assert keys(fuse(candidates(similarities, scaled), coverage)) == keys(
        fuse(candidates(similarities, lexical), coverage)
    )


def test_the_range_of_cosines_does_not_matter() -> None:
    similarities = {1: 0.1, 2: 0.5, 3: 0.3, 4: 0.2}
    lexical = {1: 9.0, 3: 8.0}
    narrow = {key: 0.8 + score / 10 for key, score in similarities.items()}
    expected = [found.score for found in fuse(candidates(similarities, lexical), 0.7)]
    actual = [found.score for found in fuse(candidates(narrow, lexical), 0.7)]
    assert actual == pytest.approx(expected)


@given(SIDES, COVERAGES)
def test_better_on_both_sides_is_never_ranked_lower(
    sides: tuple[dict[int, float], dict[int, float]], coverage: float
) -> None:
    fused = fuse(candidates(*sides), coverage)
    for place, above in enumerate(fused):
        for below in fused[place + 1 :]:
            worse = above.dense < below.dense and (above.lexical or 0.0) < (below.lexical or 0.0)
            assert not worse


@given(st.dictionaries(st.integers(0, 50), SCORES.map(lambda score: score / 1000), min_size=1))
def test_without_a_lexical_hit_dense_decides(similarities: dict[int, float]) -> None:
    found = candidates(similarities, {})
    expected = sorted(similarities, key=lambda key: (-similarities[key], key))
    assert keys(fuse(found, 0.0)) == expected
    assert all(one.lexical is None for one in fuse(found, 0.0))


@given(st.dictionaries(st.integers(0, 50), st.integers(1, 1000).map(float), min_size=1))
def test_without_a_difference_in_similarity_lexical_decides(lexical: dict[int, float]) -> None:
    same = dict.fromkeys(lexical, 0.3)
    expected = sorted(lexical, key=lambda key: (-lexical[key], key))
    assert keys(fuse(candidates(same, lexical), 1.0)) == expected


def test_the_less_the_best_hit_covers_the_less_words_count() -> None:
    similarities = {1: 0.40, 2: 0.32, 3: 0.31} | dict.fromkeys(range(4, 12), 0.30)
    found = candidates(similarities, {2: 12.0, 3: 4.0})
    assert keys(fuse(found, 1.0))[:3] == [2, 1, 3]
    assert keys(fuse(found, 0.3))[:3] == [1, 2, 3]
    assert [one.score for one in fuse(found, 0.0)][:3] == pytest.approx([1.0, 0.2, 0.1])


def test_a_side_that_stands_out_beats_one_that_does_not() -> None:
    similarities = {key: 0.50 + key / 1000 for key in range(20)}  # hardly any of them better
    lexical = dict.fromkeys(range(10), 5.0) | {0: 30.0}  # one hit far above the rest
    assert keys(fuse(candidates(similarities, lexical), 1.0))[0] == 0


def test_weak_lexical_hits_count_less_than_in_proportion() -> None:
    similarities = {1: 0.3, 2: 0.3, 3: 0.3, 4: 0.3}
    scores = {one.key: one.score for one in fuse(candidates(similarities, {1: 10.0, 2: 5.0}), 1.0)}
    assert scores[1] == 1.0
    assert scores[2] == pytest.approx(0.25)
    assert scores[3] == scores[4] == 0.0


def test_ties_go_to_the_higher_similarity() -> None:
    found = candidates({1: 0.0, 2: 1.0}, {1: 4.0})  # each ahead by two deviations on its side
    assert [(one.key, one.score) for one in fuse(found, 1.0)] == [(2, 1.0), (1, 1.0)]


def test_further_ties_go_to_the_lower_key() -> None:
    assert keys(fuse(candidates({3: 0.5, 1: 0.5, 2: 0.5}, {}), 0.0)) == [1, 2, 3]


def test_one_candidate_and_none() -> None:
    assert fuse(candidates({7: 0.4}, {7: 3.0}), 1.0) == [Fused(7, 1.0, 0.4, 3.0)]
    assert fuse(Candidates([], [], {}, ""), 0.0) == []


def test_rounding_is_no_difference() -> None:
    similarities = {1: 0.1 + 0.2, 2: 0.3, 3: 0.3}
    found = candidates(similarities, {2: 2.0, 3: 1.0})
    assert keys(fuse(found, 1.0)) == [2, 3, 1]


def test_a_model_that_does_not_know_the_language_weighs_little() -> None:
    found = candidates({1: 0.9, 2: 0.2, 3: 0.1}, {2: 9.0, 3: 2.0})
    assert keys(fuse(found, 0.5))[0] == 1
    assert keys(fuse(found, 0.5, 0.1))[0] == 2
