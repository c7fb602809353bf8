"""Print how judge and people agree."""

from __future__ import annotations

from textwrap import shorten
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from evals.metrics.calibration import Calibration, JudgedRow
from evals.metrics.judge import JudgeModel
from evals.statistics.agreement import TARGET_PRECISION, Agreement

MAX_TEXT = 100


def calibration_facts(found: Calibration, metric: str, judge: JudgeModel) -> dict[str, Any]:
    """All of it, for JSON."""
    counted = found.agreement
    return {
        "metric": metric,
        "judge": judge.identity.model_dump(),
        "threshold": found.threshold,
        "rows": counted.rows,
        "missing": [{"id": one.row.id, "why": one.score.missing} for one in found.missing],
        "agreement": counted.share,
        "agreement_interval": counted.share_interval,
        "kappa": counted.kappa,
        "kappa_interval": counted.kappa_interval,
        "confusion": {
            "both_yes": counted.both_yes,
            "only_people": counted.only_first,
            "only_judge": counted.only_second,
            "both_no": counted.both_no,
        },
        "mean_distance": found.mean_distance,
        "rank_correlation": found.rank_correlation,
        "enough": counted.is_enough,
        "rows_needed": counted.rows_needed,
        "worst": [
            {"id": one.row.id, "label": one.row.label, "score": one.score.value}
            for one in found.worst
        ],
        "judge_cost": judge.cost(judge.spent),
    }


def show_calibration(found: Calibration, metric: str, judge: JudgeModel) -> None:
    """Figures with intervals, the confusion table, the worst disagreements, and what to make of it."""
    console = Console()
    counted = found.agreement
    console.print(f"{metric} by {judge.identity.model}, {counted.rows} rows", highlight=False)
    console.print(f"  agreement {_share(counted)}", highlight=False)
    console.print(f"  Cohen's kappa {_kappa(counted)}", highlight=False)
    console.print(f"  mean distance {found.mean_distance:.3f}", highlight=False)
    if found.rank_correlation is not None:
        console.print(f"  rank correlation {found.rank_correlation:.2f}", highlight=False)
    console.print(_confusion(counted))
    if found.worst:
        console.print(_worst(found.worst))
    for one in found.missing:
        console.print(escape(f"no score for {one.row.id}: {one.score.missing}"), highlight=False)
    console.print(_enough(counted), highlight=False)


def _share(counted: Agreement) -> str:
    low, high = counted.share_interval
    return f"{counted.share:.1%} (95% interval {low:.1%} to {high:.1%})"


def _kappa(counted: Agreement) -> str:
    if counted.kappa is None or counted.kappa_interval is None:
        return "is not defined: people and judge always say the same one thing"
    low, high = counted.kappa_interval
    return f"{counted.kappa:.2f} (95% interval {low:.2f} to {high:.2f}; chance gives 0)"


def _confusion(counted: Agreement) -> Table:
    table = Table("", "judge: yes", "judge: no")
    table.add_row("people: yes", str(counted.both_yes), str(counted.only_first))
    table.add_row("people: no", str(counted.only_second), str(counted.both_no))
    return table


def _worst(worst: list[JudgedRow]) -> Table:
    table = Table("Row", "People", "Judge", "Question", "Answer", title="Furthest apart")
    for one in worst:
        table.add_row(
            escape(one.row.id),
            f"{one.row.label:g}",
            f"{one.score.value:.2f}",
            escape(shorten(one.row.question, MAX_TEXT, placeholder=" …")),
            escape(shorten(one.row.answer, MAX_TEXT, placeholder=" …")),
        )
    return table


def _enough(counted: Agreement) -> str:
    if counted.is_enough:
        return f"{counted.rows} rows are enough to know the agreement to within {TARGET_PRECISION:.0%}."
    return (
        f"{counted.rows} rows are too few to tell: it takes about {counted.rows_needed} to know this "
        f"agreement to within {TARGET_PRECISION:.0%}."
    )
