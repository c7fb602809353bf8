from __future__ import annotations

import math

import pytest

from evals.datasets.dataset_version import DatasetVersion
from evals.errors import NotComparable
from evals.gate.pairing import check_comparable, pair, repeat_values
from evals.metrics.score import Judge
from tests.evals.gate.made_runs import made_run

JUDGE = Judge(model="openai:gpt-4.1", ragas_version="0.4.3", prompts_hash="abc")


def test_values_are_paired_by_question_whatever_their_order() -> None:
    one = made_run({"correct": [1, 0, 1]}, clusters=["a", "b", "a"])
    other = made_run({"correct": [0, 0, 1]}, clusters=["a", "b", "a"])
    turned = other.model_copy(update={"results": other.results[::-1]})
    assert pair("correct", one, turned) == pair("correct", one, other)
    assert pair("correct", one, other).candidate == [0, 0, 1]
    assert pair("correct", one, other).clusters == ["a", "b", "a"]


def test_repeats_are_averaged_first() -> None:
    one = made_run({"correct": [[1, 1, 0], [0, 0, 0]]})
    paired = pair("correct", one, one)
    assert paired.baseline == pytest.approx([2 / 3, 0])
    assert repeat_values("correct", one) == [[1, 1, 0], [0, 0, 0]]


def test_a_question_counts_by_most_of_its_repeats_or_not_at_all() -> None:
    one = made_run({"correct": [[1, 1, None], [1, None, None]]})
    paired = pair("correct", one, one)
    assert (paired.baseline, paired.missing) == ([1.0], 1)


def test_what_has_no_value_is_dropped_in_pairs_and_counted() -> None:
    one = made_run({"correct": [1, None, 1, 1, math.nan]})
    other = made_run({"correct": [1, 1, None, 0, 1]})
    paired = pair("correct", one, other)
    assert (paired.baseline, paired.candidate) == ([1, 1], [1, 0])
    assert (paired.missing, paired.unpaired) == (3, 0)


def test_a_failed_answer_is_missing_and_not_left_out() -> None:
    one = made_run({"correct": [1, 1, 1]})
    other = made_run({"correct": [1, 1, 1]}, failed=[2])
    assert pair("correct", one, other).missing == 1
    assert pair("correct", other, other).missing == 1


def test_what_applies_to_one_answer_only_is_not_missing() -> None:
    one = made_run({"recall@5": [1, ..., 1, ...]})
    other = made_run({"recall@5": [1, 1, ..., ...]})
    paired = pair("recall@5", one, other)
    assert (len(paired.baseline), paired.missing, paired.unpaired) == (1, 0, 2)


def test_only_the_questions_asked_for() -> None:
    one = made_run({"correct": [1, 0, 1]})
    assert pair("correct", one, one, ["q0001", "q0002"]).baseline == [0, 1]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"suite_hash": "x"}, "different suites"),
        ({"dataset": DatasetVersion(name="handbook.jsonl", hash="x", cases=3)}, "was changed"),
        ({"judge": JUDGE}, "different judges .none; openai:gpt-4.1, Ragas 0.4.3, prompts abc"),
    ],
)
def test_runs_that_differ_in_more_than_the_system_are_refused(changed, said) -> None:
    one = made_run({"correct": [1, 0]})
    with pytest.raises(NotComparable, match=said):
        check_comparable(one, made_run({"correct": [1, 0]}, **changed))


def test_judges_that_differ_only_in_their_prompts_are_different_judges() -> None:
    one = made_run({"correct": [1, 0]}, judge=JUDGE)
    other = made_run({"correct": [1, 0]}, judge=JUDGE.model_copy(update={"prompts_hash": "abd"}))
    check_comparable(one, one)
    with pytest.raises(NotComparable, match="judges"):
        check_comparable(one, other)
