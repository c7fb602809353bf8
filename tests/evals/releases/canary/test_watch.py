from __future__ import annotations

from datetime import timedelta

import pytest

from evals.errors import SourceRefused, SourceUnavailable
from evals.releases.canary.judgement import Judgement
from evals.releases.canary.source import ComparedReleases
from evals.releases.canary.watch import CanaryWatch, Clock, Schedule
from tests.evals.releases.canary.made_looks import BEGIN, MINUTE, RULES, Scripted, Time, made_looks

COMPARED = ComparedReleases("rel-a", "rel-b", BEGIN, MINUTE)
AWAY = SourceUnavailable("Prometheus cannot be reached.")


def run(source: Scripted, minutes: int = 30, at_least: int = 0, late: int = 0) -> Judgement:
    time = Time()
    time.at += late * MINUTE
    plan = Schedule(minutes * MINUTE, at_least * MINUTE)
    return CanaryWatch(source, "made", COMPARED, RULES, plan, Clock(time.now, time.wait)).run()


def test_it_stops_as_soon_as_the_canary_fails() -> None:
    found = run(Scripted(made_looks(30, {"errors": 0.3})))
    assert found.outcome == "fail"
    assert found.at - BEGIN < 5 * MINUTE
    assert found.timeline[-1].outcome == "fail"
    assert [row.at for row in found.timeline][:2] == [BEGIN, BEGIN + MINUTE]


def test_it_stops_as_soon_as_the_canary_passes_but_not_before_the_time_it_must_take() -> None:
    soon, later = run(Scripted(made_looks())), run(Scripted(made_looks()), at_least=27)
    assert soon.outcome == later.outcome == "pass"
    assert soon.at - BEGIN < 27 * MINUTE <= later.at - BEGIN


def test_it_is_inconclusive_when_the_time_is_over() -> None:
    found = run(Scripted(made_looks()), minutes=6)
    assert found.outcome == "inconclusive"
    assert found.at == BEGIN + 6 * MINUTE
    assert "points cannot be ruled out yet" in found.reason


def test_what_could_not_be_read_is_made_good_later() -> None:
    fails = {3: AWAY, 4: AWAY, 5: AWAY}
    found, undisturbed = run(Scripted(made_looks(), fails)), run(Scripted(made_looks()))
    assert found.outcome == "pass"
    assert found.at == undisturbed.at
    assert found.signals == undisturbed.signals
    assert [row.trouble for row in found.timeline if row.trouble] == [str(AWAY)] * 3


def test_a_judge_that_starts_later_comes_to_the_same() -> None:
    found, early = (
        run(Scripted(made_looks()), minutes=0, late=31),
        run(Scripted(made_looks()), 31, 31),
    )
    assert found.outcome == early.outcome == "pass"
    assert found.signals == early.signals


def test_a_source_that_is_never_reached_is_inconclusive_with_the_reason() -> None:
    found = run(Scripted([], dict.fromkeys(range(1, 9), AWAY)), minutes=5)
    assert (found.outcome, found.reason) == ("inconclusive", str(AWAY))


def test_a_source_that_refuses_at_once_is_an_error() -> None:
    with pytest.raises(SourceRefused, match="no such workspace"):
        run(Scripted([], {1: SourceRefused("no such workspace")}))


def test_a_token_that_expires_for_good_ends_inconclusive() -> None:
    expired = SourceRefused("the token has expired")
    found = run(Scripted(made_looks(), dict.fromkeys(range(4, 40), expired)), minutes=12)
    assert (found.outcome, found.reason) == ("inconclusive", "the token has expired")
    assert found.timeline[-1].canary == 120


def test_a_release_that_no_metric_names_is_reported_with_those_that_are() -> None:
    source = Scripted(made_looks(canary=0))
    source.named = ["rel-b", "rel-c"]
    found = run(source, minutes=3)
    assert found.outcome == "inconclusive"
    assert found.reason == "no metric names the release 'rel-a'; named are: 'rel-b', 'rel-c'."


def test_a_release_without_traffic_is_reported() -> None:
    found = run(Scripted(made_looks(canary=0)), minutes=3)
    assert found.reason == "'rel-a' has served no request since 10:00:00 UTC; is it sent traffic?"


def test_looks_end_at_whole_steps_from_the_beginning_whenever_the_judge_starts() -> None:
    assert COMPARED.last_look(BEGIN + timedelta(seconds=150)) == BEGIN + 2 * MINUTE
    assert COMPARED.last_look(BEGIN - MINUTE) == BEGIN
    assert [COMPARED.look_of(BEGIN + timedelta(seconds=s)) for s in (1, 60, 61)] == [1, 1, 2]
