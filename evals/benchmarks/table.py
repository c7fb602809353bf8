"""One benchmark's result: a titled table, printed and kept as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict
from rich.console import Console
from rich.table import Table

RESULTS = Path("bench-results")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        what: what was measured.
        value: the figure.
        unit: its unit, for example `ms`, `x` (a ratio) or `recall@5`.
        goal: the bound it is checked against, as text; empty if absent.
        met: whether it meets the bound; None if absent.
        note: how many of what, or what it is compared with.
        low, high: between which bounds the figure lies; None where that was not looked at.
    """

    # A figure that is not a number is kept as such in JSON: `null` could not be read again.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(ser_json_inf_nan="constants")

    what: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None
    note: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def spread(self) -> str:
        """The bounds as text; empty where there are none."""
        if self.low is None or self.high is None:
            return ""
        return f"{self.low:.3g} to {self.high:.3g}"

    @property
    def bound(self) -> float | None:
        """The goal's number, where the goal is `≥ x` or `≤ x`."""
        sign, _, number = self.goal.partition(" ")
        if sign not in ("≥", "≤"):
            return None
        return float(number)

    @property
    def is_sure(self) -> bool:
        """Whether the goal lies outside the bounds, so that another run would say the same."""
        if self.bound is None or self.low is None or self.high is None:
            return True
        return not self.low <= self.bound <= self.high

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or empty without a goal; with a remark where the bounds hold the goal."""
        if self.met is None:
            return ""
        word = "met" if self.met else "missed"
        return word if self.is_sure else f"{word}, within the spread"


@dataclass(slots=True)
class Result:
    """A benchmark's rows under a title, and remarks below: what was used, or left out."""

    name: str
    title: str
    rows: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(
        self,
        what: str,
        value: float,
        unit: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        note: str = "",
        spread: tuple[float, float] | None = None,
    ) -> None:
        """Add a figure with the bound it should keep, and with the bounds it lies between."""
        goal, met, value = "", None, float(value)  # numpy's comparisons are no bool
        if at_least is not None:
            goal, met = f"≥ {at_least:g}", value >= at_least
        elif at_most is not None:
            goal, met = f"≤ {at_most:g}", value <= at_most
        low, high = (None, None) if spread is None else (float(spread[0]), float(spread[1]))
        self.rows.append(Row(what, value, unit, goal, met, note, low, high))

    def add_between(
        self, what: str, value: float, unit: str, low: float, high: float, note: str = ""
    ) -> None:
        """Add a figure that should neither be too small nor too large."""
        value = float(value)
        met = low <= value <= high
        self.rows.append(Row(what, value, unit, f"{low:g} to {high:g}", met, note))

    def show(self, console: Console) -> None:
        table = Table(
            *("What", "Figure", "Spread", "Unit", "Goal", "", "Note"),
            title=self.title,
            title_justify="left",
        )
        for row in self.rows:
            mark = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[row.met]
            figure = f"{row.value:.3f}"
            table.add_row(row.what, figure, row.spread, row.unit, row.goal, mark, row.note)
        console.print(table)
        for remark in self.remarks:
            console.print(f"  {remark}", markup=False, highlight=False)

    def save(self) -> None:
        """Keep it under `bench-results/`."""
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{self.name}.json").write_text(json.dumps(asdict(self), indent=2), "utf-8")
