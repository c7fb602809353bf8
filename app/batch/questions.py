"""The questions of a batch: read from JSON lines, named, and checked before any is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import BatchError, InvalidRequest
from app.json_input import read_json
from ingestion.index.filters import GivenFilters
from ingestion.index.storable_values import shown

MOST_NAMED = 5
MOST_SHOWN = 300


class GivenQuestion(BaseModel):
    """A question as it stands in a batch."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        coerce_numbers_to_str=True,
        description="Names the question among the answers. Default: its number, the first is 1.",
    )
    question: str = Field(description="The question, in words.")
    document_set: str | None = Field(
        default=None, description="The set to ask. Default: that of the batch."
    )
    filters: GivenFilters | None = Field(
        default=None, description="Which documents may be used, as in `POST /v1/chat`."
    )
    prompt: str | None = Field(
        default=None,
        description="Version or alias of the answer prompt. Default: that of the batch.",
    )


class BatchQuestion(GivenQuestion):
    """A question that has a name.

    Attributes:
        id: the one that was given, or the question's number.
    """

    id: str = Field(min_length=1, max_length=200)


@dataclass(slots=True)
class Questions:
    """What a file of questions holds: the questions, and what is wrong with its bad lines."""

    good: list[BatchQuestion] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)


def read_questions(file: Path) -> Questions:
    """All questions of a file; empty lines are none.

    Raises:
        BatchError: the file cannot be read, or an id comes twice.
    """
    try:
        return parse_questions(file.read_bytes(), str(file))
    except OSError as error:
        raise BatchError(f"{file}: {error.strerror or error}; name a file of questions.") from error


def parse_questions(content: bytes, name: str) -> Questions:
    """All questions of a file's content; empty lines are none.

    Args:
        content: JSON lines in UTF-8.
        name: the file's, for messages.

    Raises:
        BatchError: it is no text, or an id comes twice; the message names the lines.
    """
    try:
        # Not splitlines(): a string in JSON may hold U+2028 and the like.
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise BatchError(f"{name}: is not UTF-8 text ({error}).") from error
    found = Questions()
    given: list[tuple[int, GivenQuestion]] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            given.append((number, _parsed(line)))
        except (InvalidRequest, ValueError) as error:
            found.bad.append(f"line {number}: {shown(str(error).rstrip('.'), MOST_SHOWN)}")
    found.good = named(given, f"{name}: line")
    return found


def named(given: Iterable[tuple[int, GivenQuestion]], where: str) -> list[BatchQuestion]:
    """The questions, those without an id named by their numbers.

    Args:
        given: questions with their numbers.
        where: what stands before a number in messages.

    Raises:
        BatchError: an id comes twice.
    """
    numbers: dict[str, int] = {}
    questions = []
    for number, question in given:
        id_ = question.id or str(number)
        if id_ in numbers:
            raise BatchError(
                f"{where} {number} has the id {id_!r} of {numbers[id_]}; each id may come once "
                "(a question without one has its number)."
            )
        numbers[id_] = number
        questions.append(BatchQuestion.model_construct(**{**dict(question), "id": id_}))
    return questions


def require_all(found: Questions, name: str, way_out: str = "") -> None:
    """Check that no line is bad.

    Args:
        found: what a file holds.
        name: the file's.
        way_out: what else can be done than to mend it, as the end of a sentence.

    Raises:
        BatchError: some are; the message names the first ones.
    """
    if found.bad:
        more = f"; and {len(found.bad) - MOST_NAMED} more" if len(found.bad) > MOST_NAMED else ""
        raise BatchError(
            f"{name}: {'; '.join(found.bad[:MOST_NAMED])}{more}. Nothing was asked; fix the "
            f"file{way_out}."
        )


def _parsed(line: str) -> GivenQuestion:
    given = read_json(line, whole="")
    if not isinstance(given, dict):
        raise ValueError('is not a JSON object, for example {"question": "…"}')
    try:
        return GivenQuestion.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(shown(str(part)) for part in first["loc"])
        raise ValueError(f"{place}: {first['msg']}") from error
