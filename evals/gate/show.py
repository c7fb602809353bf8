"""Print a verdict for people."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.gate.numbers import change_text, interval_text, value_text
from evals.gate.sentence import named
from evals.gate.verdict import Comparison, Verdict

STYLES = {"no worse": "green", "undecided": "yellow", "too few": "yellow"}


def show_verdict(verdict: Verdict, kept: Path, console: Console) -> None:
    """A row per comparison, why it stops the candidate, and the sentence last."""
    table = Table("", "Baseline", "Candidate", "Change", "95 % interval", "May be lost",
                  "Detectable", "Outcome")  # fmt: skip
    table.columns[0].overflow = "fold"
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
    outcome = item.outcome if item.gates else f"({item.outcome})"
    style = "red" if item.fails else STYLES.get(item.outcome, "yellow") if item.gates else "dim"
    return [
        Text(named(item)),
        Text(value_text(metric, item.baseline)),
        Text(value_text(metric, item.candidate)),
        Text(change_text(metric, item.difference)),
        Text(interval_text(metric, item.interval)),
        Text(change_text(metric, item.margin, signed=False)),
        Text(change_text(metric, item.detectable, signed=False)),
        Text(outcome, style=style),
    ]
