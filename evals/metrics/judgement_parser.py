"""Read a judge's answer as the judgement that it should be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Schema = TypeVar("Schema", bound=BaseModel)
THOUGHTS = re.compile(r"<think>.*?</think>", re.DOTALL | re.IGNORECASE)
# Fields that Ragas declares as integers but means as no or yes, and adds up.
YES_NO = frozenset({"verdict", "attributed", "noncommittal"})
# How Ragas puts the data at a prompt's end (ragas.prompt.metrics.base_prompt).
DATA = re.compile(r"\ninput: (?P<data>\{.*\})\nOutput:\s*\Z", re.DOTALL)


class InvalidJudgement(ValueError):
    """An answer that is not a judgement; the message says why, to the judge and to the user."""


def parse_judgement(text: str, schema: type[Schema], prompt: str) -> Schema:
    """The last JSON object of an answer that is a judgement of this schema.

    Words, code fences and `<think>` parts around it are passed over, and drafts before it. Beyond the schema, a verdict is
    0 or 1, and there are as many verdicts as the prompt gave statements: a judge that leaves some
    out would otherwise change the score.

    Raises:
        InvalidJudgement: it holds none.
    """
    why, last = "there is no JSON object in it", None
    for found in _objects(THOUGHTS.sub("", text)):
        try:
            last = schema.model_validate(found)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            why = f"{place}: {first['msg']}"
    if last is None:
        raise InvalidJudgement(why)
    _check_verdicts(last.model_dump())
    _check_count(last, prompt)
    return last


def is_empty(judgement: BaseModel) -> bool:
    """Whether a list of the judgement is empty: no statement, no claim, no verdict."""
    return any(value == [] for value in judgement.model_dump().values())


def _objects(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder(strict=False)
    at = text.find("{")
    while at >= 0:
        try:
            found, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            at += 1
        else:
            yield found
        at = text.find("{", at)


def _check_verdicts(value: Any) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in YES_NO and inner not in (0, 1):
                raise InvalidJudgement(f"{name} is {inner}, neither 0 nor 1")
            _check_verdicts(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_verdicts(inner)


def _check_count(judgement: BaseModel, prompt: str) -> None:
    given = DATA.search(prompt)
    statements = json.loads(given["data"]).get("statements") if given else None
    answered = getattr(judgement, "statements", None)
    if statements is not None and answered is not None and len(statements) != len(answered):
        raise InvalidJudgement(f"{len(answered)} verdicts on {len(statements)} statements")
