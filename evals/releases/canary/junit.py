"""A judgement of a canary as JUnit XML, as build servers read it."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from evals.gate.junit import junit_document, xml_safe
from evals.releases.canary.judgement import Judgement, SignalJudgement


def junit(judgement: Judgement) -> str:
    """A test case per signal, and one for the canary as a whole, which alone decides.

    A signal fails where it is worse, and is skipped where it is undecided or not judged. The canary
    fails unless it passes: an inconclusive one must not look green.
    """
    whole = Xml.Element("testcase", {"classname": "canary", "name": "canary", "time": "0"})
    if judgement.outcome != "pass":
        failed = {"type": judgement.outcome, "message": xml_safe(judgement.reason)}
        Xml.SubElement(whole, "failure", failed)
    return junit_document(
        "canary",
        [whole, *map(_case, judgement.signals)],
        at=judgement.at,
        properties={
            "release": judgement.release,
            "baseline": judgement.baseline,
            "source": judgement.source,
            "since": judgement.since.isoformat(),
            "outcome": judgement.outcome,
        },
        output=f"{judgement.outcome}: {judgement.reason}",
    )


def _case(signal: SignalJudgement) -> Xml.Element:
    case = Xml.Element(
        "testcase", {"classname": "canary.signals", "name": signal.name, "time": "0"}
    )
    reason = xml_safe(signal.reason)
    if signal.standing == "worse":
        failure = Xml.SubElement(case, "failure", {"type": "worse", "message": reason})
        failure.text = xml_safe(signal.model_dump_json(indent=2, exclude={"reason"}))
    elif signal.standing != "no worse":
        Xml.SubElement(case, "skipped", {"message": reason})
    return case
