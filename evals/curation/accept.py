"""Accept rows of a review file into a dataset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.cache.keys import normalised
from evals.curation.candidate import ReviewRow
from evals.curation.dataset_file import append_cases, existing_cases, recorded_versions, version_of
from evals.curation.review_file import read_review
from evals.datasets.case import Case, Gold
from evals.datasets.dataset_version import DatasetVersion
from evals.datasets.labels import ResolvedLabel, resolve_labels
from evals.errors import DatasetError
from evals.files import locked
from ingestion.index.protocol import DocumentSet

MAX_LISTED = 8


@dataclass(frozen=True, slots=True)
class Accepted:
    """The outcome of accepting a review file's rows.

    Attributes:
        taken: ids of the cases that came in now.
        there: how many accepted rows had come in before.
        changed: ids of those of them that were changed since, here or there; the dataset stays.
        rejected: how many rows say false.
        undecided: how many say nothing yet; they are for a later time.
        before: the dataset's version before; None if there was none.
        after: its version now; None if it is still not there.
    """

    taken: list[str]
    there: int
    changed: list[str]
    rejected: int
    undecided: int
    before: DatasetVersion | None
    after: DatasetVersion | None


def accept(
    review: Path, dataset: Path, open_set: Callable[[str], DocumentSet], on_set: str | None = None
) -> Accepted:
    """Take in every row that says `accept: true`, all or none; the review file is left as it is.

    Doing it again takes in what has been accepted since.

    Args:
        review: the review file.
        dataset: the JSONL file that grows; it is made if it does not exist.
        open_set: the index version of a document set that labels must stand in.
        on_set: the set of the dataset; None: each row's own.

    Raises:
        DatasetError: a row is malformed or unfit; names line, field and fix, and nothing is taken.
    """
    if review.resolve() == dataset.resolve():
        raise DatasetError(f"{dataset}: is the review file itself; name the dataset with --into.")
    rows = read_review(review)
    accepted = [row for row in rows if row.candidate.accept]
    with locked(dataset):
        there = existing_cases(dataset)
        came_in = {case_id for version in recorded_versions(dataset) for case_id in version.added}
        by_id = {case.id: case for case in there}
        changed = [
            case.id
            for case in (row.candidate.case for row in accepted)
            if case.id in came_in and case.id in by_id and by_id[case.id] != case
        ]
        new = [
            row
            for row in accepted
            if row.candidate.case != by_id.get(row.candidate.case.id)
            and row.candidate.case.id not in changed
        ]
        problems = [*_clashes(new, there), *_unfit(new, open_set, on_set)]
        if problems:
            raise DatasetError(_problems_text(review, problems))
        cases = [row.candidate.case for row in new]
        if cases:
            append_cases(dataset, there, cases, review.name)
        after = [*there, *cases]
    return Accepted(
        taken=[case.id for case in cases],
        there=len(accepted) - len(new),
        changed=changed,
        rejected=sum(row.candidate.accept is False for row in rows),
        undecided=sum(row.candidate.accept is None for row in rows),
        before=version_of(dataset, there) if there else None,
        after=version_of(dataset, after) if after else None,
    )


def _clashes(new: Sequence[ReviewRow], there: Sequence[Case]) -> list[tuple[int, str]]:
    """Rows with an id or a question that exists already."""
    problems: list[tuple[int, str]] = []
    ids = {case.id: "the dataset" for case in there}
    questions = {_question(case): f"case {case.id!r} of the dataset" for case in there}
    for row in new:
        case = row.candidate.case
        if case.id in ids:
            problems.append(
                (
                    row.line,
                    f"case.id: {case.id!r} is in the dataset with other content; change the case "
                    "there, or give this one another id",
                )
            )
        elif (other := questions.get(_question(case))) is not None:
            problems.append(
                (row.line, f"case.question: asks what {other} asks; set accept to false")
            )
        questions.setdefault(_question(case), f"line {row.line}")
    return problems


def _unfit(
    new: Sequence[ReviewRow], open_set: Callable[[str], DocumentSet], on_set: str | None
) -> list[tuple[int, str]]:
    """Rows that say nothing that could be measured, or quote what the index version lacks."""
    problems: list[tuple[int, str]] = []
    by_set: dict[str, list[ReviewRow]] = {}
    for row in new:
        case = row.candidate.case
        if case.answerable and not (case.answer or case.gold or case.relevance):
            problems.append(
                (
                    row.line,
                    "case: has neither `answer` nor `gold`; write one, or set `answerable` to false",
                )
            )
        if case.gold:
            by_set.setdefault(on_set or row.candidate.origin.document_set, []).append(row)
    for name, rows in by_set.items():
        opened = open_set(name)
        found: dict[Gold, ResolvedLabel] = resolve_labels(
            [label for row in rows for label in row.candidate.case.gold], opened
        )
        for row in rows:
            for number, label in enumerate(row.candidate.case.gold):
                if not found[label].chunks:
                    problems.append(
                        (
                            row.line,
                            f"case.gold.{number}: {found[label].why} ({label.document}: "
                            f"{_short(label.quote)}) in {name} {opened.info.version}; quote what it "
                            "holds, letter for letter",
                        )
                    )
    return problems


def _problems_text(review: Path, problems: Sequence[tuple[int, str]]) -> str:
    shown = "; ".join(f"{review}:{line}: {what}" for line, what in sorted(problems)[:MAX_LISTED])
    more = len(problems) - MAX_LISTED
    rest = f"; and {more} more" if more > 0 else ""
    return f"{shown}{rest}. Fix the rows, or set accept to null for later; nothing was taken."


def _question(case: Case) -> tuple[str, ...]:
    """What is asked, with what was said before and what it is filtered by."""
    return (
        *(normalised(turn.question) for turn in case.history),
        normalised(case.question),
        repr(sorted(case.filters.items())),
    )


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= 60 else f"{flat[:59]}…")
