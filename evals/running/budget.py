"""What a run costs, and may cost."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from app.settings.answering import PricesSettings
from evals.errors import BudgetExceeded
from evals.settings import JudgeSettings
from prompts.errors import SettingsError

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens cost that are read and written."""

    reading: float
    writing: float

    @classmethod
    def of(cls, settings: PricesSettings | JudgeSettings) -> Price | None:
        """The price that is set; None if it is not, or not wholly."""
        reading, writing = settings.input_per_million, settings.output_per_million
        return None if reading is None or writing is None else cls(reading, writing)

    def cost(self, read: int, written: int) -> float:
        """What tokens cost."""
        return (read * self.reading + written * self.writing) / MILLION


class Budget:
    """Counts what a run has spent, and refuses what would be too much. Safe between threads.

    Args:
        limit: what the run may cost; None: there is no limit.
        price: what calls cost; None: that is not known.

    Raises:
        SettingsError: there is a limit, but no price to hold it by.
    """

    def __init__(self, limit: float | None, price: Price | None) -> None:
        if limit is not None and price is None:
            raise SettingsError(
                f"the run may cost {limit:g} at most, but what the chat model costs is not set: "
                "set PLUMB_PRICES_INPUT_PER_MILLION and PLUMB_PRICES_OUTPUT_PER_MILLION."
            )
        self.price = price
        self._limit = limit
        self._spent = 0.0
        self._reserved = 0.0
        self._lock = threading.Lock()

    @property
    def spent(self) -> float:
        """What has been paid so far."""
        with self._lock:
            return self._spent

    def reserve(self, cost: float) -> None:
        """Set aside what a call is expected to cost, before it is made.

        Raises:
            BudgetExceeded: with all that is under way it might become more than the limit.
        """
        with self._lock:
            if self._limit is not None and self._spent + self._reserved + cost > self._limit:
                raise BudgetExceeded(
                    f"the run has cost {self._spent:.4f} and may cost {self._limit:g} at most; "
                    "the next call might go beyond it. What is done is kept: raise max_cost (or "
                    "--max-cost) and run it again to go on."
                )
            self._reserved += cost

    def settle(self, reserved: float, paid: float) -> None:
        """Give back what was set aside for a call, and count what it did cost."""
        with self._lock:
            self._reserved -= reserved
            self._spent += paid


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """About what a run will take.

    Attributes:
        label: the system that would be run.
        total: answers wanted, repeats counted.
        to_ask: those that are not kept.
        read: tokens that the chat model will read for them.
        written: tokens that it will write at most, or usually where the prompt sets no limit.
        cost: what these cost, and what judging costs; None if a price is not set.
    """

    label: str
    total: int
    to_ask: int
    read: int = 0
    written: int = 0
    cost: float | None = 0.0
