"""A judgement of a canary as JUnit XML, as build servers read it."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from evals.canary.judgement import Judgement, SignalJudgement
from evals.gate.junit import clean, document


def junit(judgement: Judgement) -> str:
    """A test case per signal, and one for the canary as a whole, which alone decides.

    A signal fails where it is worse, and is skipped where it is undecided or not judged. The canary
    fails unless it passes: an inconclusive one must not look green.
    """
    whole = Xml.Element("testcase", {"classname": "canary", "name": "canary", "time": "0"})
    if judgement.outcome != "pass":
        failed = {"type": judgement.outcome, "message": clean(judgement.reason)}
        Xml.SubElement(whole, "failure", failed)
    return document(
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
        said=f"{judgement.outcome}: {judgement.reason}",
    )


def _case(signal: SignalJudgement) -> Xml.Element:
    case = Xml.Element(
        "testcase", {"classname": "canary.signals", "name": signal.name, "time": "0"}
    )
    reason = clean(signal.reason)
    if signal.standing == "worse":
        failure = Xml.SubElement(case, "failure", {"type": "worse", "message": reason})
        failure.text = clean(signal.model_dump_json(indent=2, exclude={"reason"}))
    elif signal.standing != "no worse":
        Xml.SubElement(case, "skipped", {"message": reason})
    return case
