"""About what a run will take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """About what a run will take.

    Attributes:
        label: the system that would be run.
        total: answers to be had, repeats counted.
        to_ask: those that are not kept.
        read: tokens that the chat model will read for them.
        written: tokens that it will write at the most, or usually where the prompt sets no bound.
        cost: what these cost, and what judging costs; None where a price is not set.
    """

    label: str
    total: int
    to_ask: int
    read: int = 0
    written: int = 0
    cost: float | None = 0.0
