"""Print verdicts, comparisons and attributions on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.gate.comparison import MetricChange, Outcome, QuestionChange, RunComparison
from evals.gate.explanation import comparison_name
from evals.gate.formatting import change_text, interval_text, value_text
from evals.gate.verdict import Comparison, Verdict

if TYPE_CHECKING:
    from evals.gate.attribution import Effect, MetricAttribution

VERDICT_WIDTH = 120
OUTCOME_STYLES = {"no worse": "green", "undecided": "yellow", "too few": "yellow"}


def show_verdict(verdict: Verdict, kept: Path, console: Console) -> None:
    """A row per comparison, why it stops the candidate, and the sentence last."""
    if not console.is_terminal:
        # Whatever is written to a file or a pipe has no edge to break at.
        console.width = max(console.width, VERDICT_WIDTH)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1))
    table.add_column("Metric", no_wrap=True)
    table.add_column("Baseline", justify="right")
    table.add_column("Candidate", justify="right")
    table.add_column("Change, 95 % interval")
    table.add_column("May be lost", justify="right")
    table.add_column("Outcome", no_wrap=True)
    for item in verdict.comparisons:
        table.add_row(*_verdict_cells(item, verdict))
    console.print(table)
    for item in verdict.comparisons:
        if item.gates and item.outcome != "no worse":
            mark = "stops" if item.fails else "passes by the rules"
            console.print(Text(f"{comparison_name(item)} {mark}: {item.reason}."), soft_wrap=True)
    for name, share in verdict.noise_share.items():
        console.print(
            Text(f"{name}: {100 * share:.0f} % of the variance comes from asking again."),
            soft_wrap=True,
        )
    style = "bold green" if verdict.passes else "bold red"
    word = "passes" if verdict.passes else "fails"
    console.print(Text(f"{word}: ", style=style) + Text(verdict.sentence), soft_wrap=True)
    console.print(Text(f"Kept in {kept}", style="dim"), soft_wrap=True)


def _verdict_cells(item: Comparison, verdict: Verdict) -> list[Text]:
    metric = verdict.metrics[item.metric]
    outcome = item.outcome if item.gates else "no rule"
    style = (
        "red" if item.fails else OUTCOME_STYLES.get(item.outcome, "yellow") if item.gates else "dim"
    )
    interval = f" ({interval_text(metric, item.interval)})" if item.interval else ""
    return [
        Text(f"  {item.slice}: {item.metric}" if item.slice else item.metric),
        Text(value_text(metric, item.baseline)),
        Text(value_text(metric, item.candidate)),
        Text(change_text(metric, item.difference) + interval),
        Text(change_text(metric, item.margin, signed=False)),
        Text(outcome, style=style),
    ]


COMPARISON_WIDTH = 140
CHANGE_STYLES: dict[Outcome, str] = {"win": "green", "loss": "red", "mixed": "yellow", "tie": "dim"}


def show_comparison(compared: RunComparison, console: Console, limit: int) -> None:
    """Metrics, counts of questions, and the answers that changed, worst first.

    Args:
        compared: what is shown.
        console: where.
        limit: how many answers at most.
    """
    if not console.is_terminal:
        # Whatever is written to a file or a pipe has no edge to break at.
        console.width = max(console.width, COMPARISON_WIDTH)
    console.print(_metric_table(compared))
    console.print(
        Text.assemble(
            "Questions: ",
            *(
                part
                for outcome in CHANGE_STYLES
                for part in (
                    (f"{compared.count(outcome)} {_plural(outcome)}", CHANGE_STYLES[outcome]),
                    "  ",
                )
            ),
        )
    )
    for name, (before, after) in compared.differs.items():
        console.print(Text(f"{name}: {before} → {after}", style="dim"), soft_wrap=True)
    changed = [question for question in compared.questions if question.changed]
    if changed[:limit]:
        console.print(_answer_table(compared, changed[:limit]))
    if len(changed) > limit:
        console.print(f"{len(changed) - limit} more changed answers; --answers shows more.")
    if not changed:
        console.print("No answer changed.")


def _metric_table(compared: RunComparison) -> Table:
    table = Table(
        "", *_headings(compared), "Change", "95 % interval", "Win", "Lose", "Tie", "Missing",
        box=box.SIMPLE_HEAD,
    )  # fmt: skip
    table.columns[0].no_wrap = True
    for change in compared.metrics:
        info = change.metric
        table.add_row(
            info.name,
            value_text(info, change.before),
            value_text(info, change.after),
            Text(change_text(info, change.difference), style=_change_style(change)),
            interval_text(info, change.interval),
            *(str(n) for n in (change.wins, change.losses, change.ties, change.missing)),
        )
    return table


def _headings(compared: RunComparison) -> tuple[str, str]:
    """Names for people, unless both have the same."""
    first, second = compared.labels
    return compared.labels if first != second else compared.runs


def _change_style(change: MetricChange) -> str:
    """Coloured only where the interval leaves no doubt about the direction."""
    if change.interval is None or change.interval[0] <= 0 <= change.interval[1]:
        return ""
    better = (change.interval[0] > 0) == (change.metric.better == "higher")
    return "green" if better else "red"


def _answer_table(compared: RunComparison, questions: Sequence[QuestionChange]) -> Table:
    table = Table("", "Question", *_headings(compared), box=box.ROUNDED, show_lines=True)
    for column, ratio in zip(table.columns, (1, 3, 5, 5), strict=True):
        column.ratio, column.overflow = ratio, "fold"
    table.expand = True
    for question in questions:
        history = Text("".join(f"{said}\n" for said in question.said), style="dim")
        history.append(question.question, style="not dim")
        if question.reference:
            history.append(f"\n\n{question.reference}", style="dim")
        moved = [
            f"{name} {before:.2f} → {after:.2f}"
            for name, (before, after) in question.scores.items()
            if before is not None
            and after is not None
            and abs(after) <= 1
            and f"{before:.2f}" != f"{after:.2f}"
        ]
        if moved:
            history.append("\n\n" + "\n".join(moved), style="dim")
        mark = Text(question.outcome, style=CHANGE_STYLES[question.outcome])
        table.add_row(mark, history, *(Text(answer) for answer in question.answers))
    return table


def _plural(outcome: Outcome) -> str:
    return {"win": "better", "loss": "worse", "mixed": "mixed", "tie": "the same"}[outcome]


def show_attribution(found: Sequence[MetricAttribution], console: Console) -> None:
    """A row per metric, a column per change; then a sentence for each metric that moved."""
    from evals.gate.attribution import attribution_sentence

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
            *(_effect_cell(one, effect) for effect in (*one.effects, *one.interactions)),
            f"{one.cases}" + (f" ({one.left_out} left out)" if one.left_out else ""),
        )
    console.print(table)
    for one in found:
        if one.total.mean or any(effect.is_shown for effect in one.effects):
            console.print(Text(attribution_sentence(one)), soft_wrap=True)


def _effect_cell(one: MetricAttribution, effect: Effect) -> Text:
    effect_text = change_text(one.metric, effect.mean)
    if effect.interval is not None:
        effect_text += f"\n{interval_text(one.metric, effect.interval)}"
    return Text(effect_text, style="bold" if effect.is_shown else "")
