"""Read the cases of a dataset: a JSONL file, or a BEIR folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from evals.datasets import beir
from evals.datasets.case import Case, Gold, HistoryTurn
from evals.datasets.jsonl import numbered_lines, parsed_object
from evals.errors import DatasetError
from ingestion.sources.validation import explain

MAX_LISTED = 5
# The model at each place of a case, to tell which fields there are.
MODELS: dict[tuple[str, ...], type[BaseModel]] = {
    (): Case,
    ("gold",): Gold,
    ("history",): HistoryTurn,
}


def read_cases(dataset: Path) -> list[Case]:
    """All cases, in the dataset's order.

    Args:
        dataset: a JSONL file of cases; a BEIR folder; or the qrels file of one.

    Raises:
        DatasetError: it does not exist, holds no case, or holds something that is none; the message
            names file and line.
    """
    if beir.is_beir(dataset):
        return beir.read_beir(dataset)
    if dataset.is_dir():
        raise DatasetError(
            f"{dataset}: is a folder without queries.jsonl; name a JSONL file of cases, or a BEIR "
            "folder (corpus.jsonl, queries.jsonl and qrels.tsv or qrels/*.tsv)."
        )
    cases: list[Case] = []
    bad: list[str] = []
    lines: dict[str, int] = {}
    for number, line in numbered_lines(dataset):
        try:
            case = _parsed(line)
        except ValueError as error:
            bad.append(f"{dataset}:{number}: {error}")
            continue
        if case.id in lines:
            raise DatasetError(
                f"{dataset}:{number}: the id {case.id!r} is that of line {lines[case.id]} too; "
                "give each case an id of its own."
            )
        lines[case.id] = number
        cases.append(case)
    if bad:
        more = f"; and {len(bad) - MAX_LISTED} more lines" if len(bad) > MAX_LISTED else ""
        raise DatasetError(f"{'; '.join(bad[:MAX_LISTED])}{more}. Fix the file; nothing was run.")
    if not cases:
        raise DatasetError(f"{dataset}: holds no case; write one JSON object a line.")
    return cases


def tagged(cases: Sequence[Case], tags: Sequence[str]) -> list[Case]:
    """The cases with one of these tags; all, where no tag is named.

    Raises:
        DatasetError: no case has a tag that is named.
    """
    if not tags:
        return list(cases)
    there = sorted({tag for case in cases for tag in case.tags})
    for tag in tags:
        if tag not in there:
            known = f"there are: {', '.join(there)}" if there else "no case has tags"
            raise DatasetError(f"no case is tagged {tag!r}; {known}.")
    return [case for case in cases if set(tags) & set(case.tags)]


def _parsed(line: str) -> Case:
    given = parsed_object(line)
    try:
        return Case.model_validate(given)
    except ValidationError as error:
        raise ValueError(explain(error, MODELS)) from error
