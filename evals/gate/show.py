"""Print a verdict for people."""

from __future__ import annotations

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.gate.numbers import change_text, interval_text, value_text
from evals.gate.sentence import named
from evals.gate.verdict import Comparison, Verdict

WIDE = 120
STYLES = {"no worse": "green", "undecided": "yellow", "too few": "yellow"}


def show_verdict(verdict: Verdict, kept: Path, console: Console) -> None:
    """A row per comparison, why it stops the candidate, and the sentence last."""
    if not console.is_terminal:
        # Whatever is written to a file or a pipe has no edge to break at.
        console.width = max(console.width, WIDE)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1))
    table.add_column("Metric", no_wrap=True)
    table.add_column("Baseline", justify="right")
    table.add_column("Candidate", justify="right")
    table.add_column("Change, 95 % interval")
    table.add_column("May be lost", justify="right")
    table.add_column("Outcome", no_wrap=True)
    for item in verdict.comparisons:
        table.add_row(*_cells(item, verdict))
    console.print(table)
    for item in verdict.comparisons:
        if item.gates and item.outcome != "no worse":
            mark = "stops" if item.fails else "passes by the rules"
            console.print(Text(f"{named(item)} {mark}: {item.reason}."), soft_wrap=True)
    for name, share in verdict.noise_share.items():
        console.print(
            Text(f"{name}: {100 * share:.0f} % of the variance comes from asking again."),
            soft_wrap=True,
        )
    style = "bold green" if verdict.passes else "bold red"
    word = "passes" if verdict.passes else "fails"
    console.print(Text(f"{word}: ", style=style) + Text(verdict.sentence), soft_wrap=True)
    console.print(Text(f"Kept in {kept}", style="dim"), soft_wrap=True)


def _cells(item: Comparison, verdict: Verdict) -> list[Text]:
    metric = verdict.metrics[item.metric]
    outcome = item.outcome if item.gates else "no rule"
    style = "red" if item.fails else STYLES.get(item.outcome, "yellow") if item.gates else "dim"
    interval = f" ({interval_text(metric, item.interval)})" if item.interval else ""
    return [
        Text(f"  {item.slice}: {item.metric}" if item.slice else item.metric),
        Text(value_text(metric, item.baseline)),
        Text(value_text(metric, item.candidate)),
        Text(change_text(metric, item.difference) + interval),
        Text(change_text(metric, item.margin, signed=False)),
        Text(outcome, style=style),
    ]
