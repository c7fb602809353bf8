"""A verdict as JUnit XML, as build servers read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from xml.etree import ElementTree as Xml

from evals.gate.explanation import comparison_name
from evals.gate.verdict import Comparison, Verdict

# What XML 1.0 cannot hold, even escaped.
CONTROL = {code: None for code in range(32) if code not in (9, 10, 13)} | {
    0xFFFE: None,
    0xFFFF: None,
}


def junit(verdict: Verdict) -> str:
    """One test case per comparison: failed where it stops the candidate, skipped where it does not
    gate or is let through undecided."""
    keys = ("id", "baseline_run", "candidate_run", "baseline_manifest", "candidate_manifest")
    return junit_document(
        f"gate {verdict.suite}",
        [_case(item, verdict) for item in verdict.comparisons],
        at=verdict.at,
        properties={key: getattr(verdict, key) for key in keys},
        output=verdict.sentence,
    )


def junit_document(
    name: str,
    cases: list[Xml.Element],
    *,
    at: datetime,
    properties: Mapping[str, str],
    output: str,
) -> str:
    """A whole file with one suite.

    Args:
        name: of the suite.
        cases: its test cases; what is in one says whether it failed or was skipped.
        at: when it was judged.
        properties: more about it, by name.
        output: printed with the suite.
    """
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": "0",
    }
    name = xml_safe(name)
    root = Xml.Element("testsuites", {"name": name, **counts})
    suite = Xml.SubElement(
        root, "testsuite", {"name": name, **counts, "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}"}
    )
    listed = Xml.SubElement(suite, "properties")
    for key, value in properties.items():
        Xml.SubElement(listed, "property", {"name": key, "value": xml_safe(value)})
    suite.extend(cases)
    Xml.SubElement(suite, "system-out").text = xml_safe(output)
    Xml.indent(root)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"
    )


def _case(item: Comparison, verdict: Verdict) -> Xml.Element:
    case = Xml.Element(
        "testcase",
        {
            "classname": xml_safe(f"gate.{verdict.suite}"),
            "name": xml_safe(comparison_name(item)),
            "time": "0",
        },
    )
    reason = xml_safe(item.reason)
    if item.fails:
        failure = Xml.SubElement(case, "failure", {"type": item.outcome, "message": reason})
        failure.text = xml_safe(item.model_dump_json(indent=2, exclude={"reason"}))
    elif item.outcome != "no worse":
        Xml.SubElement(case, "skipped", {"message": reason})
    return case


def xml_safe(text: str) -> str:
    """The text without what XML 1.0 cannot hold."""
    return text.translate(CONTROL)
