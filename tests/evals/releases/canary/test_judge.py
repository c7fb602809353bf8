from __future__ import annotations

import pytest

from evals.releases.canary.judge import Judge
from evals.releases.canary.signals import SIGNALS, Look, SignalName, Tally
from tests.evals.releases.canary.made_looks import BEGIN, MINUTE, RULES, made_looks, tolerating


def judged(looks: list[Look], rules=RULES) -> Judge:
    judge = Judge(rules, "rel-a", "rel-b")
    for look in looks:
        judge.add(look)
    return judge


def standing(judge: Judge, name: SignalName) -> str:
    return judge.points({})[name].standing


def test_a_canary_like_the_baseline_passes() -> None:
    outcome, reason = judged(made_looks()).outcome({})
    assert outcome == "pass"
    assert reason.startswith(
        "'rel-a' is within its tolerances: errors, latency, refusals, citations"
    )


@pytest.mark.parametrize("name", [signal.name for signal in SIGNALS])
def test_a_fault_in_any_signal_fails_it_and_names_the_counts(name: SignalName) -> None:
    judge = judged(made_looks(15, {name: 0.25}))
    outcome, reason = judge.outcome({})
    assert outcome == "fail"
    assert reason.startswith(f"{name}: worse: ")
    assert "of 900 against" in reason
    assert [s.name for s in judge.signals({}, {}) if s.standing == "worse"] == [name]


def test_a_fault_is_reported_before_the_minimum_of_requests() -> None:
    judge = judged(made_looks(2, {"errors": 0.5}))
    assert judge.requests[0] < RULES.minimum
    assert judge.outcome({})[0] == "fail"


def test_too_few_requests_never_pass() -> None:
    outcome, reason = judged(made_looks(40, canary=5)).outcome({})
    assert (outcome, reason) == (
        "inconclusive",
        "'rel-a' has served 200 of at least 300 requests.",
    )


def test_a_canary_without_traffic_is_inconclusive() -> None:
    judge = judged(made_looks(canary=0))
    assert judge.outcome({}) == ("inconclusive", "'rel-a' has served no request.")
    assert standing(judge, "errors") == "not judged"


def test_a_canary_that_fell_silent_does_not_pass() -> None:
    looks = made_looks() + made_looks(3, canary=0, first=31)
    outcome, reason = judged(looks).outcome({})
    assert outcome == "inconclusive"
    assert "served nothing in the last 3 looks" in reason


def test_missing_thumbs_do_not_hold_a_pass_back_but_missing_citations_do() -> None:
    judge = judged(made_looks(without=["feedback", "cost"]))
    assert judge.outcome({})[0] == "pass"
    feedback = next(s for s in judge.signals({}, {}) if s.name == "feedback")
    assert feedback.reason == "feedback: not judged: no thumbs of 'rel-a' and 'rel-b'."
    outcome, reason = judge.outcome({"citations": "nobody counts them"})
    assert outcome == "inconclusive"
    assert reason == "citations: not judged: nobody counts them."


def test_a_difference_within_the_tolerance_passes_however_clearly_it_is_shown() -> None:
    looks = made_looks(100, {"latency": 0.02})
    judge = judged(looks)
    latency = next(s for s in judge.signals({}, {}) if s.name == "latency")
    assert latency.evidence > 120  # it is worse beyond doubt
    assert judge.outcome({})[0] == "pass"
    assert judged(looks, tolerating("latency", 0.01)).outcome({})[0] == "fail"


def test_an_outage_that_hits_both_releases_fails_none() -> None:
    both = {signal.name: Tally(30, 60) for signal in SIGNALS}
    before = {signal.name: Tally(90, 180) for signal in SIGNALS}
    looks = made_looks(10) + [Look(BEGIN + n * MINUTE, both, before) for n in (11, 12, 13)]
    assert judged(looks + made_looks(20, first=14)).outcome({})[0] != "fail"


def test_the_interval_holds_the_difference_and_shrinks() -> None:
    widths = []
    for count in (5, 20, 80):
        point = judged(made_looks(count)).points({})["refusals"]
        low, high = point.interval
        assert low <= point.difference <= high
        assert low <= 0 <= high
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)


def test_a_fault_that_a_single_look_shows_is_reported_as_such() -> None:
    burst = made_looks(1, {"errors": 0.6}, first=11)
    _, reason = judged(made_looks(10) + burst).outcome({})
    assert "Only the look at 10:11:00 shows it" in reason
    _, lasting = judged(made_looks(15, {"errors": 0.25})).outcome({})
    assert "Only the look" not in lasting
