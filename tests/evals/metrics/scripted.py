"""A judge that goes by simple rules, so that what Ragas makes of it can be computed by hand.

Statements and claims are a text's sentences; one follows from a context that has its words.
"""

from __future__ import annotations

import json
from typing import Any

from evals.metrics.judgement_parser import DATA


def data_of(request: dict[str, Any]) -> dict[str, Any]:
    """The data at the end of the prompt that a request carries."""
    found = DATA.search(request["messages"][0]["content"])
    assert found, "the prompt does not end as Ragas's prompts do"
    given: dict[str, Any] = json.loads(found["data"])
    return given


def by_rule(request: dict[str, Any]) -> str:
    """What the judge answers to a request of the OpenAI API."""
    return json.dumps(_judged(request["messages"][0]["content"], data_of(request)))


def _judged(prompt: str, data: dict[str, Any]) -> dict[str, Any]:
    if "noncommittal" in prompt:
        return {"question": f"What about {data['response']}", "noncommittal": 0}
    if "attributed" in prompt:
        rows = [_verdict(one, data["context"], "attributed") for one in _sentences(data["answer"])]
        return {"classifications": rows}
    if "statements" in data:
        return {
            "statements": [_verdict(one, data["context"], "verdict") for one in data["statements"]]
        }
    if '"claims"' in prompt:
        return {"claims": _sentences(data["response"])}
    if "verify if the context was useful" in prompt:
        return {"reason": "words", "verdict": int(data["answer"] in data["context"])}
    return {"statements": _sentences(data.get("answer") or data["text"])}


def _verdict(statement: str, context: str, name: str) -> dict[str, Any]:
    return {"statement": statement, "reason": "words", name: int(statement in context)}


def _sentences(text: str) -> list[str]:
    return [part.strip(" .") for part in text.split(".") if part.strip(" .")]
