"""What a tracker is told: plain words, figures, tables and files, in no tracker's own terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

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
        id: unique; the tracker has one run of it, however often it is told.
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
    job_type: Literal["eval", "compare", "prompts"]
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
