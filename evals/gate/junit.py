"""A verdict as JUnit XML, as build servers read it."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from evals.gate.sentence import named
from evals.gate.verdict import Comparison, Verdict

# What XML 1.0 cannot hold, even escaped.
CONTROL = {code: None for code in range(32) if code not in (9, 10, 13)} | {
    0xFFFE: None,
    0xFFFF: None,
}


def junit(verdict: Verdict) -> str:
    """One test case per comparison: failed where it stops the candidate, skipped where it does not
    gate or is let through undecided."""
    cases = [_case(item, verdict) for item in verdict.comparisons]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": "0",
    }
    name = _clean(f"gate {verdict.suite}")
    root = Xml.Element("testsuites", {"name": name, **counts})
    suite = Xml.SubElement(
        root,
        "testsuite",
        {"name": name, **counts, "timestamp": f"{verdict.at:%Y-%m-%dT%H:%M:%S}"},
    )
    properties = Xml.SubElement(suite, "properties")
    for key in ("id", "baseline_run", "candidate_run", "baseline_manifest", "candidate_manifest"):
        Xml.SubElement(properties, "property", {"name": key, "value": getattr(verdict, key)})
    suite.extend(cases)
    Xml.SubElement(suite, "system-out").text = _clean(verdict.sentence)
    Xml.indent(root)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"
    )


def _case(item: Comparison, verdict: Verdict) -> Xml.Element:
    case = Xml.Element(
        "testcase",
        {"classname": _clean(f"gate.{verdict.suite}"), "name": _clean(named(item)), "time": "0"},
    )
    reason = _clean(item.reason)
    if item.fails:
        failure = Xml.SubElement(case, "failure", {"type": item.outcome, "message": reason})
        failure.text = _clean(item.model_dump_json(indent=2, exclude={"reason"}))
    elif item.outcome != "no worse":
        Xml.SubElement(case, "skipped", {"message": reason})
    return case


def _clean(text: str) -> str:
    return text.translate(CONTROL)
