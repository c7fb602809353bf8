"""Read what people said of answers, one JSON object a line."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.errors import DatasetError


class Labelled(BaseModel):
    """An answer with a person's judgement.

    Attributes:
        id: names it; by default the number of its line.
        question: what was asked.
        answer: what was answered.
        passages: what the answer was written from.
        reference: the right answer, for metrics that compare with one.
        label: the person's judgement, on the metric's own scale from 0 to 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1, coerce_numbers_to_str=True)
    question: str = Field(min_length=1)
    answer: str = Field(min_length=1)
    passages: list[str] = Field(default_factory=list)
    reference: str = ""
    label: float = Field(ge=0, le=1)


def read_labels(file: Path) -> list[Labelled]:
    """All rows of a file; empty lines are none.

    Raises:
        DatasetError: the file cannot be read, has no row, a line is none, or an id comes twice.
    """
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise DatasetError(f"{file}: cannot be read: {why}.") from error
    rows: dict[str, Labelled] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = _row(file, number, line)
        if row.id in rows:
            raise DatasetError(f"{file}, line {number}: the id {row.id!r} comes twice.")
        rows[row.id] = row
    if not rows:
        raise DatasetError(
            f'{file}: has no rows; write one JSON object a line: {{"question": …, "answer": …, '
            '"passages": […], "label": 0 or 1}.'
        )
    return list(rows.values())


def _row(file: Path, number: int, line: str) -> Labelled:
    try:
        found = json.loads(line)
        if not isinstance(found, dict):
            raise DatasetError(f"{file}, line {number}: is no JSON object.")
        return Labelled.model_validate({"id": f"line {number}", **found})
    except json.JSONDecodeError as error:
        raise DatasetError(
            f"{file}, line {number}: is no JSON: {error.msg} at column {error.colno}."
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise DatasetError(f"{file}, line {number}: `{name}`: {first['msg']}.") from error
