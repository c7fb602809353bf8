"""What a judgement looks like as JUnit XML, as a page, and in a line."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

import pytest

from evals.errors import SourceUnavailable
from evals.releases.canary.charts import page
from evals.releases.canary.console import look_line
from evals.releases.canary.judgement import Judgement
from evals.releases.canary.junit import junit
from evals.releases.canary.source import ComparedReleases
from evals.releases.canary.watch import CanaryWatch, Clock, Schedule
from tests.evals.releases.canary.made_looks import BEGIN, MINUTE, RULES, Scripted, Time, made_looks


def judgement(worse: float, minutes: int = 30) -> Judgement:
    time = Time()
    source = Scripted(made_looks(30, {"refusals": worse}), {3: SourceUnavailable("away <now>.")})
    source.not_judged["feedback"] = "thumbs are not traced"
    compared = ComparedReleases("rel-a", "rel-<b>", BEGIN, MINUTE)
    clock = Clock(time.now, time.wait)
    return CanaryWatch(source, "made", compared, RULES, Schedule(minutes * MINUTE), clock).run()


@pytest.mark.parametrize(
    ("worse", "minutes", "outcome"),
    [(0.0, 30, "pass"), (0.3, 30, "fail"), (0.0, 5, "inconclusive")],
)
def test_junit_is_green_only_where_the_canary_passes(
    worse: float, minutes: int, outcome: str
) -> None:
    root = Xml.fromstring(junit(judgement(worse, minutes)).encode())
    whole = root.find(".//testcase[@name='canary']")
    failure = whole.find("failure")
    assert (None if failure is None else failure.get("type")) == (
        None if outcome == "pass" else outcome
    )
    refusals = root.find(".//testcase[@name='refusals']")
    assert (refusals.find("failure") is not None) == (outcome == "fail")
    skipped = root.find(".//testcase[@name='feedback']/skipped")
    assert skipped.get("message") == "feedback: not judged: thumbs are not traced."
    assert root.find(".//property[@name='baseline']").get("value") == "rel-<b>"


def test_the_page_draws_each_signal_and_loads_nothing() -> None:
    found = page(judgement(0.12))
    assert "Canary rel-a: fail" in found
    assert found.count("<svg ") == 6
    assert found.count('class="seen') == 5  # feedback is not judged
    assert 'class="gap"' in found
    assert "rel-&lt;b&gt;" in found
    assert "rel-<b>" not in found
    assert "http" not in found.replace("http://www.w3.org", "")


def test_a_look_is_one_line() -> None:
    rows = judgement(0.0).timeline
    assert look_line(rows[2]) == "10:02:00  60 of 240 requests  not read: away <now>."
    line = look_line(rows[-1])
    assert line.startswith("10:")
    assert "feedback -" in line
    assert "errors " in line
    assert " ok" in line


def test_json_comes_back_as_it_was() -> None:
    found = judgement(0.0)
    assert Judgement.model_validate_json(found.model_dump_json()) == found
