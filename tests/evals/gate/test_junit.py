from __future__ import annotations

from xml.etree import ElementTree as Xml

from evals.datasets.suite import GateRules, MetricRule
from evals.gate.decide import decide
from evals.gate.junit import junit
from tests.evals.gate.made_runs import made_run

RIGHT = [1.0, 1.0, 1.0, 0.0] * 50
RULES = GateRules(
    metrics={"correct": MetricRule(margin=0.05), "recall@5": MetricRule(margin=0.05)},
    resamples=300,
)


def rendered(after, **more) -> Xml.Element:
    one = made_run({"correct": RIGHT, "recall@5": RIGHT, "latency": RIGHT}, **more)
    other = made_run({"correct": after, "recall@5": RIGHT, "latency": RIGHT}, **more)
    return Xml.fromstring(junit(decide(one, other, RULES)).encode())


def test_each_comparison_is_a_test_case_and_failures_say_why() -> None:
    root = rendered([0.0] * 30 + RIGHT[30:])
    suite = root.find("testsuite")
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == ["correct", "recall@5", "latency"]
    assert {case.get("classname") for case in cases} == {"gate.handbook"}
    failure = cases[0].find("failure")
    assert failure.get("type") == "worse"
    assert failure.get("message").startswith("worse by 11.5 points")
    assert '"losses": 23' in failure.text
    assert cases[1].find("failure") is None
    assert cases[2].find("skipped") is not None
    assert root.attrib == root.attrib | {
        "tests": "3",
        "failures": "1",
        "skipped": "1",
        "errors": "0",
    }
    assert "must not replace" in suite.findtext("system-out")


def test_nothing_fails_where_the_candidate_passes() -> None:
    root = rendered(RIGHT)
    assert root.get("failures") == "0"
    assert root.find(".//failure") is None


def test_names_that_are_no_xml_are_made_such() -> None:
    root = rendered(RIGHT, label="a <b> & \x0b c")
    assert "a <b> &  c) may replace" in root.findtext(".//system-out")
