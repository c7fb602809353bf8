"""How far a run is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes:
        label: the system that is run.
        total: answers to be had, repeats counted.
        done: those that are there, failed ones too.
        kept: of these, those that an earlier run had paid for.
        failed: of these, those that could not be had.
        spent: what the run has cost so far; None where that cannot be told.
    """

    label: str
    total: int
    done: int = 0
    kept: int = 0
    failed: int = 0
    spent: float | None = 0.0


OnProgress: TypeAlias = Callable[[Progress], None]
