"""The review file: one candidate a line, for a person to correct and decide on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from evals.curation.candidate import Candidate, Origin, ReviewRow
from evals.datasets import reading
from evals.datasets.jsonl import numbered_lines, parsed_object
from evals.errors import DatasetError
from evals.files import append_lines, locked
from ingestion.sources.validation import explain

MAX_LISTED = 5
MODELS: dict[tuple[str, ...], type[BaseModel]] = {
    (): Candidate,
    ("origin",): Origin,
    **{("case", *place): model for place, model in reading.MODELS.items()},
}


def read_review(file: Path) -> list[ReviewRow]:
    """All rows, with their lines.

    Raises:
        DatasetError: it does not exist, or a line is no candidate; names file, line, field and fix.
    """
    rows: list[ReviewRow] = []
    bad: list[str] = []
    lines: dict[str, int] = {}
    for number, line in numbered_lines(file):
        try:
            candidate = _parsed(line)
        except ValueError as error:
            bad.append(f"{file}:{number}: {error}")
            continue
        case_id = candidate.case.id
        if case_id in lines:
            bad.append(
                f"{file}:{number}: the id {case_id!r} is that of line {lines[case_id]} too; "
                "give each case an id of its own"
            )
        lines.setdefault(case_id, number)
        rows.append(ReviewRow(line=number, candidate=candidate))
    if bad:
        more = f"; and {len(bad) - MAX_LISTED} more lines" if len(bad) > MAX_LISTED else ""
        raise DatasetError(f"{'; '.join(bad[:MAX_LISTED])}{more}. Fix the file; nothing was taken.")
    return rows


def add_to_review(file: Path, candidates: Sequence[Candidate]) -> None:
    """Append candidates; what is in the file stays as it is, letter for letter.

    A candidate whose id another process has brought in meanwhile is left out.

    Raises:
        DatasetError: it cannot be written, or holds a line that is no candidate.
    """
    with locked(file):
        there = {row.candidate.case.id for row in read_review(file)} if file.exists() else set()
        new = [candidate for candidate in candidates if candidate.case.id not in there]
        append_lines(file, [candidate.row() for candidate in new])


def _parsed(line: str) -> Candidate:
    given = parsed_object(line)
    try:
        return Candidate.model_validate(given)
    except ValidationError as error:
        if any(problem["loc"] == ("accept",) for problem in error.errors()):
            raise ValueError("accept: is true, false, or null for not yet") from error
        raise ValueError(explain(error, MODELS)) from error
