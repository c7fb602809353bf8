"""The interface of trackers, and what they are given: figures, tables and files in no tracker's own terms."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Artifact:
    """Versioned content that a run reads or makes; equal files are one version of it.

    Attributes:
        name: letters, digits, `.`, `_` and `-`.
        kind: what it is.
        files: text by file name, without folders.
        aliases: names for this version.
        metadata: what is known of it, as JSON.
        description: the same for people.
    """

    name: str
    kind: Literal["dataset", "prompt", "index", "results"]
    files: Mapping[str, str]
    aliases: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns; a column's cells are of one type, or None."""

    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One run of a tracker.

    Attributes:
        id: unique; the tracker keeps one run of it, however often it is logged.
        name: for people.
        job_type: what was done.
        group: the suite, or what else belongs together.
        at: when it began.
        seconds: how long it took.
        tags: to filter by.
        notes: a sentence for people.
        config: all that it depended on, as nested JSON.
        figures: numbers by name (letters, digits, `_`, `/`).
        tables: by name.
        reads: what went in, oldest first.
        makes: what came out.
    """

    id: str
    name: str
    job_type: Literal["eval", "compare", "prompts", "drift"]
    group: str
    at: datetime
    seconds: float
    tags: tuple[str, ...] = ()
    notes: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    reads: tuple[Artifact, ...] = ()
    makes: tuple[Artifact, ...] = ()


@dataclass(frozen=True, slots=True)
class LogResult:
    """Where an entry was recorded.

    Attributes:
        where: the run: a folder, a URL, or nothing where no tracker is wanted.
        sent: whether it has left for the tracker's server, where the tracker has one.
        message: what people should know, in a sentence; empty for nothing.
    """

    where: str
    sent: bool
    message: str = ""


class Tracker(Protocol):
    """Keeps entries where people look at runs."""

    def log(self, entry: Entry) -> LogResult:
        """Keep an entry; an entry that it has already is not kept twice.

        What cannot be sent within the settings' limit stays on disk, and `LogResult.message` says how to
        send it.

        Raises:
            TrackerError: it can be kept nowhere.
        """


class NullTracker:
    """Keeps nothing; the run is in `evals.folder` all the same."""

    def log(self, entry: Entry) -> LogResult:
        return LogResult(where="", sent=False)


@contextmanager
def environment_variables(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, and restore them afterwards."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
