"""Read the questions of a batch, one JSON object a line."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import BatchError

MOST_NAMED = 5


class BatchQuestion(BaseModel):
    """A line of the file of questions.

    Attributes:
        id: names the question in the file of answers; default: the number of its line.
        question: in words.
        document_set: the set to ask; default: that of the batch.
        filters: which documents may be used.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=200, coerce_numbers_to_str=True)
    question: str
    document_set: str | None = None
    filters: dict[str, Any] | None = None


@dataclass(slots=True)
class Questions:
    """What a file of questions holds: the questions, and what is wrong with its bad lines."""

    good: list[BatchQuestion] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)


def read_questions(file: Path, skip_bad: bool = False) -> Questions:
    """All questions of a file; empty lines are none.

    Raises:
        BatchError: the file cannot be read, or an id comes twice; or, without `skip_bad`, a line
            is no question. The message names the lines.
    """
    found = Questions()
    lines: dict[str, int] = {}
    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        try:
            question = _parsed(line, number)
        except ValueError as error:
            found.bad.append(f"line {number}: {error}")
            continue
        if question.id in lines:
            raise BatchError(
                f"{file}: line {number} has the id {question.id!r} of line {lines[question.id]}; "
                "each id may come once (a line without one has its number)."
            )
        lines[question.id] = number
        found.good.append(question)
    if found.bad and not skip_bad:
        more = f"; and {len(found.bad) - MOST_NAMED} more" if len(found.bad) > MOST_NAMED else ""
        raise BatchError(
            f"{file}: {'; '.join(found.bad[:MOST_NAMED])}{more}. Nothing was asked; mend the file, "
            "or leave such lines out with --skip-bad."
        )
    return found


def _lines(file: Path) -> list[str]:
    try:
        # Not splitlines(): a string in JSON may hold U+2028 and the like.
        return file.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise BatchError(f"{file}: {error.strerror or error}; name a file of questions.") from error
    except UnicodeDecodeError as error:
        raise BatchError(f"{file}: is not UTF-8 text ({error}).") from error


def _parsed(line: str, number: int) -> BatchQuestion:
    try:
        given = json.loads(line)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"is not JSON ({error})") from error
    if not isinstance(given, dict):
        raise ValueError('is no JSON object, for example {"question": "…"}')
    if given.get("id") is None:
        given["id"] = str(number)
    try:
        return BatchQuestion.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
