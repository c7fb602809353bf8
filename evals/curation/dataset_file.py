"""Grow a dataset: append cases, and keep a record of its versions beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.curation.candidate import case_fields
from evals.datasets.case import Case
from evals.datasets.dataset_version import DatasetVersion, dataset_version
from evals.datasets.jsonl import numbered_lines
from evals.datasets.reading import read_cases
from evals.errors import DatasetError
from evals.files import append_lines


class VersionEntry(BaseModel):
    """A line of `NAME.versions.jsonl`.

    Attributes:
        at: when it was noted (UTC).
        hash: the dataset's hash then.
        cases: how many cases it had.
        change: `accepted`: cases came out of a review file; `found`: the dataset was changed by
            other means since the line before, or had no line yet.
        from_hash: the hash before; None if there was no dataset.
        review: the review file's name.
        added: ids of the cases that came in.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: datetime
    hash: str
    cases: int
    change: Literal["accepted", "found"]
    from_hash: str | None = None
    review: str | None = None
    added: tuple[str, ...] = ()


def existing_cases(dataset: Path) -> list[Case]:
    """The cases of a dataset; none if there is no file yet, or nothing in it.

    Raises:
        DatasetError: it is no file of cases that can be appended to.
    """
    if dataset.is_dir():
        raise DatasetError(
            f"{dataset}: is a folder; cases go into a JSONL file, for example {dataset / 'grown.jsonl'}."
        )
    if not dataset.exists() or not any(True for _ in numbered_lines(dataset)):
        return []
    return read_cases(dataset)


def version_of(dataset: Path, cases: Sequence[Case]) -> DatasetVersion:
    """The version of a dataset that holds these cases."""
    return dataset_version(dataset.name, cases)


def append_cases(dataset: Path, there: Sequence[Case], new: Sequence[Case], review: str) -> None:
    """Append cases to a dataset and note the version; hold the file with `locked`.

    Args:
        there: its cases.
        new: what comes in; none with an id of those that are there.
        review: the name of the file that they come from.

    Raises:
        OSError: it cannot be written.
    """
    record = versions_file(dataset)
    before = version_of(dataset, there)
    entries: list[VersionEntry] = []
    noted = recorded_versions(dataset)
    known = noted[-1].hash if noted else None
    now = datetime.now(UTC)
    if there and known != before.hash:
        entries.append(
            VersionEntry(
                at=now, hash=before.hash, cases=before.cases, change="found", from_hash=known
            )
        )
    after = version_of(dataset, [*there, *new])
    entries.append(
        VersionEntry(
            at=now,
            hash=after.hash,
            cases=after.cases,
            change="accepted",
            from_hash=before.hash if there else None,
            review=review,
            added=tuple(case.id for case in new),
        )
    )
    # The cases first: a version that is noted is there, and one that is not is found next time.
    append_lines(dataset, [json.dumps(case_fields(case), ensure_ascii=False) for case in new])
    append_lines(record, [entry.model_dump_json(exclude_defaults=True) for entry in entries])


def versions_file(dataset: Path) -> Path:
    """Where the versions of a dataset are noted."""
    return dataset.with_name(f"{dataset.stem}.versions.jsonl")


def recorded_versions(dataset: Path) -> list[VersionEntry]:
    """The versions of a dataset that were noted, oldest first.

    Raises:
        DatasetError: a line is malformed; names it.
    """
    record = versions_file(dataset)
    if not record.exists():
        return []
    noted: list[VersionEntry] = []
    for number, line in numbered_lines(record):
        try:
            noted.append(VersionEntry.model_validate_json(line))
        except ValidationError as error:
            raise DatasetError(
                f"{record}:{number}: is not a version of a dataset; take the line out or fix it."
            ) from error
    return noted
