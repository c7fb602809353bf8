from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.datasets.suite import GateRules, MetricRule
from evals.errors import NotComparable, SuiteError
from evals.gate.decide import decide
from evals.gate.verdict import Comparison, Verdict
from tests.evals.gate.made_runs import made_run


def rules(margin: float = 0.05, **more: Any) -> GateRules:
    metric = MetricRule(margin=margin, **more.pop("rule", {}))
    return GateRules(**{"metrics": {"correct": metric}, "resamples": 2_000, **more})


def changed(lost: int, won: int = 0, count: int = 200, right: float = 0.8) -> tuple[list, list]:
    """Answers of a baseline, and of a candidate that loses and wins so many."""
    good = round(right * count)
    before = [1.0] * good + [0.0] * (count - good)
    after = [0.0] * lost + [1.0] * (good - lost) + [1.0] * won + [0.0] * (count - good - won)
    return before, after


def gate(before, after, given: GateRules, **more: Any) -> Verdict:
    one = made_run({"correct": before}, "answer@v1", **more)
    other = made_run({"correct": after}, "answer@v2", **more)
    return decide(one, other, given)


def only(verdict: Verdict) -> Comparison:
    (comparison,) = verdict.comparisons
    return comparison


def test_the_same_answers_pass() -> None:
    before, _ = changed(0)
    verdict = gate(before, before, rules())
    assert verdict.passes
    assert only(verdict).outcome == "no worse"
    assert (only(verdict).wins, only(verdict).losses, only(verdict).ties) == (0, 0, 200)
    assert verdict.sentence == (
        "answer@v2 may replace answer@v1: on 200 questions it is no worse, within what may be "
        "lost, in correct (nearest to the bound is correct, +0.0 points)."
    )


def test_a_clear_loss_fails_and_is_called_worse() -> None:
    verdict = gate(*changed(lost=24, won=2), rules())
    assert not verdict.passes
    found = only(verdict)
    assert (found.outcome, found.fails) == ("worse", True)
    assert found.difference == pytest.approx(-0.11)
    assert found.interval[0] < -0.11 < found.interval[1] < 0
    assert verdict.sentence == (
        "answer@v2 must not replace answer@v1: correct fell from 80.0 % to 69.0 %, and 5.0 points "
        "may be lost."
    )


def test_a_small_loss_for_sure_is_within_what_may_be_lost() -> None:
    # 2 points are lost, significantly (20 of 1,000, no win), but 5 may be.
    verdict = gate(*changed(lost=20, count=1_000), rules())
    assert only(verdict).p_worse < 0.001
    assert verdict.passes


def test_a_suite_too_small_is_refused_with_the_number_it_takes() -> None:
    verdict = gate(*changed(lost=3, won=3, count=40), rules())
    found = only(verdict)
    assert (found.outcome, verdict.passes) == ("too few", False)
    assert found.detectable > 0.05
    # The differences have a variance of 0.15: (1.645 + 1.645)² 0.15 / 0.05² is 649.
    assert verdict.questions_needed == found.questions_needed == pytest.approx(649, rel=0.06)
    assert f"it takes about {verdict.questions_needed:,}" in verdict.sentence
    assert verdict.sentence.startswith("answer@v2 is not shown to be as good as answer@v1: ")


def test_a_suite_of_the_number_it_takes_is_large_enough() -> None:
    small = gate(*changed(lost=3, won=3, count=40), rules())
    needed = small.questions_needed
    share = 3 / 40
    large = gate(*changed(round(share * needed), round(share * needed), needed), rules())
    assert large.passes
    assert only(large).detectable <= 0.0505


def test_what_is_shown_neither_way_is_undecided() -> None:
    # 2.5 of 5 points are lost, with an error of 1.8: not shown to be a loss, nor to be under 5; and
    # of power 80 % the suite has enough (it shows 4.5 points).
    answers = changed(lost=31, won=21, count=400)
    verdict = gate(*answers, rules(power=0.8))
    assert (only(verdict).outcome, verdict.passes) == ("undecided", False)
    assert only(verdict).p_worse > 0.05
    assert gate(*answers, rules(power=0.8, undecided="pass")).passes


def test_an_undecided_pass_is_not_silent() -> None:
    verdict = gate(*changed(lost=3, won=3, count=40), rules(undecided="pass"))
    assert verdict.passes
    assert "although nothing is shown for correct" in verdict.sentence


def test_a_floor_holds_whatever_the_baseline_does() -> None:
    before, _ = changed(0)
    verdict = gate(before, before, rules(rule={"floor": 0.85}))
    assert (only(verdict).outcome, verdict.passes) == ("below floor", False)
    assert "at 80.0 % it misses the floor of 85.0 %" in verdict.sentence
    assert gate(before, before, rules(rule={"floor": 0.8})).passes


def test_a_ceiling_is_the_floor_of_what_should_be_low() -> None:
    one = made_run({"latency": [100.0 + number % 7 for number in range(60)]})
    allowed = GateRules(metrics={"latency": MetricRule(margin=10, floor=110)}, resamples=1_000)
    assert decide(one, one, allowed).passes
    assert (
        decide(one, one, allowed)
        .sentence.replace(one.label, "LABEL")
        .startswith("The candidate (LABEL) may replace the baseline (LABEL): on 60 questions")
    )
    tight = GateRules(metrics={"latency": MetricRule(margin=10, floor=90)}, resamples=1_000)
    assert "misses the ceiling of 90 ms" in decide(one, one, tight).sentence


def test_a_slower_candidate_is_worse() -> None:
    before = [100.0 + number % 7 for number in range(60)]
    after = [value + 20 + number % 5 for number, value in enumerate(before)]
    allowed = GateRules(metrics={"latency": MetricRule(margin=10)}, resamples=1_000)
    verdict = decide(made_run({"latency": before}), made_run({"latency": after}), allowed)
    found = only(verdict)
    assert (found.outcome, found.losses) == ("worse", 60)
    assert found.interval[0] < 22 < found.interval[1]
    assert "latency rose from 103 ms to 125 ms, and 10 ms may be lost" in verdict.sentence


def test_too_many_missing_values_fail_even_where_undecided_passes() -> None:
    before, _ = changed(0)
    after = [None] * 11 + before[11:]
    verdict = gate(before, after, rules(undecided="pass"))
    assert (only(verdict).outcome, only(verdict).missing, verdict.passes) == (
        "undecided",
        11,
        False,
    )
    assert "11 questions of 200 have no value, more than the 5 %" in verdict.sentence
    assert gate(before, [None] * 10 + before[10:], rules()).passes


def test_a_candidate_that_answers_nothing_fails() -> None:
    before, _ = changed(0, count=30)
    one = made_run({"correct": before})
    other = made_run({"correct": before}, failed=range(30))
    verdict = decide(one, other, rules(undecided="pass"))
    assert not verdict.passes
    assert only(verdict).cases == 0
    assert only(verdict).candidate is None


def test_questions_about_one_document_are_no_evidence_each() -> None:
    before, after = changed(lost=8, won=8)
    alone = gate(before, after, rules())
    shared = gate(before, after, rules(), clusters=[f"d{number // 8}" for number in range(200)])
    low, high = only(alone).interval
    wider_low, wider_high = only(shared).interval
    assert wider_high - wider_low > 1.4 * (high - low)
    assert only(shared).clusters == 25


def test_no_loss_is_shown_that_there_cannot_be() -> None:
    found = only(gate([1.0, 1.0, 0.0], [0.0, 1.0, 1.0], rules()))
    assert (found.outcome, found.detectable) == ("too few", None)
    assert "too few to compare; it takes about" in found.reason


def test_one_document_is_too_few() -> None:
    before, _ = changed(0)
    verdict = gate(before, before, rules(), clusters=["d"] * 200)
    assert (only(verdict).outcome, verdict.passes) == ("too few", False)
    assert "about 1 document" in only(verdict).reason


def test_a_slice_that_gets_worse_fails() -> None:
    before, after = changed(lost=12, won=12, count=400)
    tags = {number: ["table"] for number in range(40)}
    given = rules(margin=0.06, slices=("table",), rule={"slice_margin": 0.1})
    verdict = gate(before, after, given, tags=tags)
    whole, part = verdict.comparisons
    assert (whole.outcome, part.slice, part.cases) == ("no worse", "table", 40)
    assert (part.outcome, verdict.passes) == ("worse", False)
    assert "correct on 'table' fell from 100.0 % to 70.0 %" in verdict.sentence


def test_a_slice_too_small_to_tell_passes_but_is_named() -> None:
    before, after = changed(lost=2, won=2, count=200)
    tags = {number: ["table"] for number in range(12)}
    given = rules(slices=("table",), rule={"slice_margin": 0.1})
    verdict = gate(before, after, given, tags=tags)
    assert verdict.passes
    assert "although nothing is shown for correct on 'table'" in verdict.sentence
    strict = given.model_copy(update={"undecided_slices": "fail"})
    assert not gate(before, after, strict, tags=tags).passes


def test_a_metric_that_applies_to_no_question_of_a_slice_is_left_out() -> None:
    before = [...] * 10 + [1.0, 0.0] * 45
    given = rules(slices=("unanswerable",), rule={"slice_margin": 0.1})
    verdict = gate(before, before, given, tags={number: ["unanswerable"] for number in range(10)})
    assert [item.slice for item in verdict.comparisons] == [None]


def test_the_correction_is_for_all_metrics_and_slices_together() -> None:
    # One-sided McNemar of 5 losses and no win: 1/32 = 0.031; of two comparisons, 0.0625.
    before, after = changed(lost=5, won=0, count=60)
    one = gate(before, after, rules())
    assert only(one).p_worse == only(one).p_worse_adjusted == pytest.approx(1 / 32)
    assert only(one).outcome == "worse"
    metrics = {"correct": MetricRule(margin=0.05), "recall@5": MetricRule(margin=0.05)}
    both = decide(
        made_run({"correct": before, "recall@5": before}),
        made_run({"correct": after, "recall@5": before}),
        GateRules(metrics=metrics, resamples=1_000),
    )
    assert both.comparisons[0].p_worse_adjusted == pytest.approx(2 / 32)
    assert both.comparisons[0].outcome == "too few"
    assert not both.passes


def test_metrics_without_a_rule_are_reported_and_do_not_gate() -> None:
    before, after = changed(lost=30)
    verdict = decide(
        made_run({"correct": before, "recall@5": before}),
        made_run({"correct": before, "recall@5": after}),
        rules(),
    )
    assert verdict.passes
    gating, watched = verdict.comparisons
    assert (gating.gates, watched.gates, watched.fails) == (True, False, False)
    assert (watched.outcome, watched.margin, watched.p_value) == ("worse", None, None)


def test_repeats_tell_how_much_is_noise() -> None:
    chance = random.Random(4)
    scores = [[float(chance.random() < 0.5) for _ in range(3)] for _ in range(60)]
    one = made_run({"correct": scores}, repeats=3)
    verdict = decide(one, one, rules(margin=0.3))
    assert verdict.noise_share["correct"] > 0.9
    steady = made_run({"correct": [[1, 1], [0, 0]] * 30}, repeats=2)
    assert decide(steady, steady, rules()).noise_share == {"correct": 0.0}
    alone = made_run({"correct": [1, 0] * 30})
    assert decide(alone, alone, rules()).noise_share == {}


def test_a_gate_without_rules_is_refused() -> None:
    one = made_run({"correct": [1, 0]})
    with pytest.raises(SuiteError, match="nothing would stop"):
        decide(one, one, GateRules())


def test_a_metric_that_was_not_measured_is_refused() -> None:
    one = made_run({"recall@5": [1, 0]})
    with pytest.raises(NotComparable, match="did not measure 'correct'"):
        decide(one, one, rules())


def test_a_slice_that_no_question_is_in_is_refused() -> None:
    one = made_run({"correct": [1, 0]}, tags={0: ["table"]})
    with pytest.raises(SuiteError, match=r"no question has the tag 'tabel'.*there are: table"):
        decide(one, one, rules(slices=("tabel",)))


answers = st.lists(
    st.tuples(st.sampled_from([0.0, 0.5, 1.0, None]), st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 20)),
    min_size=2,
    max_size=80,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(answers, st.randoms(use_true_random=False))
def test_the_order_of_questions_makes_no_difference(rows, chance) -> None:
    given = rules(resamples=300)
    clusters = [f"d{row[2]}" for row in rows]
    one = made_run({"correct": [row[0] for row in rows]}, "v1", clusters)
    other = made_run({"correct": [row[1] for row in rows]}, "v2", clusters)
    mixed = list(other.results)
    chance.shuffle(mixed)
    straight = decide(one, other, given)
    shuffled = decide(one, other.model_copy(update={"results": mixed}), given)
    assert shuffled.comparisons == straight.comparisons


@settings(max_examples=40, deadline=None)
@given(answers)
def test_swapping_the_two_turns_the_difference(rows) -> None:
    given = rules(resamples=300)
    clusters = [f"d{row[2]}" for row in rows]
    one = made_run({"correct": [row[0] for row in rows]}, "v1", clusters)
    other = made_run({"correct": [row[1] for row in rows]}, "v2", clusters)
    there, back = only(decide(one, other, given)), only(decide(other, one, given))
    assert (there.wins, there.losses, there.cases) == (back.losses, back.wins, back.cases)
    if there.difference is not None:
        assert there.difference == pytest.approx(-back.difference)
    if there.interval is not None:
        assert there.interval == pytest.approx((-back.interval[1], -back.interval[0]), abs=1e-6)
