"""What a tracker really kept of an entry, in terms that tests of all trackers share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Kept:
    """One artifact: its files, and what names it."""

    files: dict[str, str]
    aliases: set[str]
    metadata: dict[str, Any]


@dataclass
class Seen:
    """One run as it is kept; `config` has dotted names."""

    name: str = ""
    group: str = ""
    job_type: str = ""
    tags: set[str] = field(default_factory=set)
    notes: str = ""
    config: dict[str, str] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    reads: dict[str, list[Kept]] = field(default_factory=dict)
    makes: dict[str, list[Kept]] = field(default_factory=dict)
    finished: bool = False
