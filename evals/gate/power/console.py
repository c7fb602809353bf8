"""Print how much the gate notices on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from evals.gate.power.power import TARGET_RATE, Power, Row


def show_power(power: Power, console: Console) -> None:
    """A row per change, then whether the aim is reached."""
    table = Table("Change", power.main, "Largest loss", "Margins", "Stopped", "95 % interval",
                  "On the suite", box=None, pad_edge=False)  # fmt: skip
    for column in (1, 3, 4, 5, 6):
        table.columns[column].justify = "right"
    for kind, title in (("fault", "Faults"), ("null", "Changes that do no harm")):
        table.add_row(f"[bold]{title}[/]")
        for row in power.rows:
            if row.kind == kind:
                table.add_row(*_power_cells(row, power.main))
    console.print(table)
    for line in conclusions(power):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def power_row_text(row: Row) -> str:
    """A change in a line."""
    loss = f"{row.worst} loses {100 * row.loss:.1f} points" if row.worst else "nothing is lost"
    return f"{loss}; stopped in {row.stopped} of {row.trials} trials"


def conclusions(power: Power) -> list[str]:
    """Whether the aim is reached, in words."""
    costly, missed, alarms = power.costly, power.missed, power.false_alarms
    return [
        f"{power.system} on suite {power.suite}: {power.questions} questions in {power.clusters} "
        f"clusters, index version {power.index_version}.",
        f"Of {len(costly)} faults that cost 5 points or more of {power.main}, "
        f"{len(costly) - len(missed)} are stopped in {TARGET_RATE:.0%} of the trials or more"
        + (f"; not {', '.join(row.label for row in missed)}." if missed else "."),
        f"False alarms at or under {power.alpha:.0%}: "
        + (
            f"not for {', '.join(f'{row.label} ({row.rate:.1%})' for row in alarms)}."
            if alarms
            else "for every change that does no harm."
        ),
    ]


def _power_cells(row: Row, main: str) -> list[str]:
    low, high = row.interval
    return [
        escape(f"  {row.label}"),
        f"{100 * row.effects.get(main, 0.0):+.1f}",
        f"{row.worst} {-100 * row.loss:+.1f}" if row.worst else "none",
        f"{row.margins:.1f}",
        f"{row.rate:.1%}",
        f"{low:.1%} to {high:.1%}",
        f"{row.on_suite[0]} of {row.on_suite[1]}",
    ]
