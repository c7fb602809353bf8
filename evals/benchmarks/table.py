"""One benchmark's result: a titled table, printed and kept as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

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
    """

    what: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None
    note: str = ""


@dataclass(slots=True)
class Result:
    """A benchmark's rows under a title."""

    name: str
    title: str
    rows: list[Row] = field(default_factory=list)

    def add(
        self,
        what: str,
        value: float,
        unit: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        note: str = "",
    ) -> None:
        """Add a figure with the bound it should keep."""
        goal, met, value = "", None, float(value)  # numpy's comparisons are no bool
        if at_least is not None:
            goal, met = f"≥ {at_least:g}", value >= at_least
        elif at_most is not None:
            goal, met = f"≤ {at_most:g}", value <= at_most
        self.rows.append(Row(what, value, unit, goal, met, note))

    def add_between(
        self, what: str, value: float, unit: str, low: float, high: float, note: str = ""
    ) -> None:
        """Add a figure that should neither be too small nor too large."""
        value = float(value)
        met = low <= value <= high
        self.rows.append(Row(what, value, unit, f"{low:g} to {high:g}", met, note))

    def show(self, console: Console) -> None:
        table = Table(
            "What", "Figure", "Unit", "Goal", "", "Note", title=self.title, title_justify="left"
        )
        for row in self.rows:
            mark = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[row.met]
            table.add_row(row.what, f"{row.value:.3f}", row.unit, row.goal, mark, row.note)
        console.print(table)

    def save(self) -> None:
        """Keep it under `bench-results/`."""
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{self.name}.json").write_text(json.dumps(asdict(self), indent=2), "utf-8")
