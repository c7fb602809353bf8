"""Print a comparison for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.comparison.compared import Compared, MetricChange, Outcome, QuestionChange
from evals.gate.numbers import change_text, interval_text, value_text

WIDE = 140
STYLES: dict[Outcome, str] = {"win": "green", "loss": "red", "mixed": "yellow", "tie": "dim"}


def show_compared(compared: Compared, console: Console, limit: int) -> None:
    """Metrics, counts of questions, and the answers that changed, worst first.

    Args:
        compared: what is shown.
        console: where.
        limit: how many answers at the most.
    """
    if not console.is_terminal:
        # Whatever is written to a file or a pipe has no edge to break at.
        console.width = max(console.width, WIDE)
    console.print(_metrics(compared))
    console.print(
        Text.assemble(
            "Questions: ",
            *(
                part
                for outcome in STYLES
                for part in (
                    (f"{compared.count(outcome)} {_plural(outcome)}", STYLES[outcome]),
                    "  ",
                )
            ),
        )
    )
    for name, (before, after) in compared.differs.items():
        console.print(Text(f"{name}: {before} → {after}", style="dim"), soft_wrap=True)
    changed = [question for question in compared.questions if question.changed]
    if changed[:limit]:
        console.print(_answers(compared, changed[:limit]))
    if len(changed) > limit:
        console.print(f"{len(changed) - limit} more changed answers; --answers shows more.")
    if not changed:
        console.print("No answer changed.")


def _metrics(compared: Compared) -> Table:
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
            Text(change_text(info, change.difference), style=_style(change)),
            interval_text(info, change.interval),
            *(str(n) for n in (change.wins, change.losses, change.ties, change.missing)),
        )
    return table


def _headings(compared: Compared) -> tuple[str, str]:
    """Names for people, unless both have the same."""
    first, second = compared.labels
    return compared.labels if first != second else compared.runs


def _style(change: MetricChange) -> str:
    """Coloured only where the interval leaves no doubt about the direction."""
    if change.interval is None or change.interval[0] <= 0 <= change.interval[1]:
        return ""
    better = (change.interval[0] > 0) == (change.metric.better == "higher")
    return "green" if better else "red"


def _answers(compared: Compared, questions: Sequence[QuestionChange]) -> Table:
    table = Table("", "Question", *_headings(compared), box=box.ROUNDED, show_lines=True)
    for column, ratio in zip(table.columns, (1, 3, 5, 5), strict=True):
        column.ratio, column.overflow = ratio, "fold"
    table.expand = True
    for question in questions:
        asked = Text("".join(f"{said}\n" for said in question.said), style="dim")
        asked.append(question.question, style="not dim")
        if question.reference:
            asked.append(f"\n\n{question.reference}", style="dim")
        moved = [
            f"{name} {before:.2f} → {after:.2f}"
            for name, (before, after) in question.scores.items()
            if before is not None
            and after is not None
            and abs(after) <= 1
            and f"{before:.2f}" != f"{after:.2f}"
        ]
        if moved:
            asked.append("\n\n" + "\n".join(moved), style="dim")
        mark = Text(question.outcome, style=STYLES[question.outcome])
        table.add_row(mark, asked, *(Text(answer) for answer in question.answers))
    return table


def _plural(outcome: Outcome) -> str:
    return {"win": "better", "loss": "worse", "mixed": "mixed", "tie": "the same"}[outcome]
