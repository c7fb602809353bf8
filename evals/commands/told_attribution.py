"""Print whose a difference is."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.attribution.attribution import Attributed, Effect
from evals.attribution.sentence import sentence_of
from evals.gate.numbers import change_text, interval_text, value_text


def show_attribution(found: Sequence[Attributed], console: Console) -> None:
    """A row per metric, a column per change; then a sentence for each metric that moved."""
    if not found:
        console.print(
            "No question has a value from every system, so there is nothing to attribute."
        )
        return
    names = [effect.name for effect in (*found[0].effects, *found[0].interactions)]
    table = Table("Metric", "Baseline", "Candidate", *names, "Questions", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for one in found:
        table.add_row(
            one.metric.name,
            value_text(one.metric, one.baseline),
            value_text(one.metric, one.candidate),
            *(_cell(one, effect) for effect in (*one.effects, *one.interactions)),
            f"{one.cases}" + (f" ({one.left_out} left out)" if one.left_out else ""),
        )
    console.print(table)
    for one in found:
        if one.total.mean or any(effect.is_shown for effect in one.effects):
            console.print(Text(sentence_of(one)), soft_wrap=True)


def _cell(one: Attributed, effect: Effect) -> Text:
    told = change_text(one.metric, effect.mean)
    if effect.interval is not None:
        told += f"\n{interval_text(one.metric, effect.interval)}"
    return Text(told, style="bold" if effect.is_shown else "")
