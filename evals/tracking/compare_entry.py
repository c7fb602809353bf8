"""A comparison of two runs as a tracker's entry."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from evals.gate.comparison import RunComparison
from evals.running.run import EvalRun
from evals.tracking.artifacts import results_artifact
from evals.tracking.run_entry import figure_name
from evals.tracking.tracker import Cell, Entry, Table


def compare_entry(compared: RunComparison, runs: tuple[EvalRun, EvalRun], *, texts: bool) -> Entry:
    """Both runs' results go in, by which the tracker knows what was compared.

    Args:
        compared: what was found.
        runs: the two.
        texts: whether words of questions and answers go in.
    """
    at = datetime.now(UTC)
    before, after = compared.labels
    return Entry(
        id=f"compare_{int(at.timestamp() * 1000):011x}{secrets.token_hex(4)}",
        name=f"{before} → {after} · {compared.suite}",
        job_type="compare",
        group=compared.suite,
        at=at,
        seconds=0.0,
        tags=(compared.suite, "compare", *dict.fromkeys(run.manifest.prompt for run in runs)),
        notes=f"{after} compared with {before}: {compared.count('win')} questions better, "
        f"{compared.count('loss')} worse, {compared.count('mixed')} mixed, "
        f"{compared.count('tie')} the same.",
        config={
            "baseline": _facts(runs[0]),
            "candidate": _facts(runs[1]),
            "suite": {"name": compared.suite, "hash": runs[0].suite_hash},
            "dataset": runs[0].dataset.model_dump(),
            "judge": runs[0].judge.model_dump(mode="json") if runs[0].judge else None,
            "differs": {
                name: f"{one} → {other}" for name, (one, other) in compared.differs.items()
            },
            "texts": texts,
        },
        figures=_figures(compared),
        tables={"metrics": _metrics(compared), "questions": _questions(compared, texts)},
        reads=tuple(results_artifact(run, texts=texts) for run in runs),
    )


def _facts(run: EvalRun) -> dict[str, str]:
    return {
        "run": run.id,
        "label": run.label,
        "prompt": run.manifest.prompt,
        "manifest": run.manifest.id,
    }


def _figures(compared: RunComparison) -> dict[str, float]:
    figures: dict[str, float] = {
        f"questions/{outcome}": compared.count(outcome)
        for outcome in ("win", "loss", "mixed", "tie")
    }
    for change in compared.metrics:
        name = figure_name(change.metric.name)
        if change.difference is not None:
            figures[f"difference/{name}"] = change.difference
        if change.interval is not None:
            figures[f"low/{name}"], figures[f"high/{name}"] = change.interval
    return figures


def _metrics(compared: RunComparison) -> Table:
    columns = ("metric", "unit", "better", "before", "after", "difference", "low", "high", "wins",
               "losses", "ties", "missing")  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for change in compared.metrics:
        low, high = change.interval or (None, None)
        info = change.metric
        rows.append(
            (info.name, info.unit, info.better, change.before, change.after, change.difference,
             low, high, change.wins, change.losses, change.ties, change.missing)
        )  # fmt: skip
    return Table(columns, rows)


def _questions(compared: RunComparison, texts: bool) -> Table:
    metrics = [change.metric.name for change in compared.metrics]
    words = ("question", "reference", "answer_before", "answer_after") if texts else ()
    scores = [f"{figure_name(name)}_{when}" for name in metrics for when in ("before", "after")]
    rows: list[tuple[Cell, ...]] = []
    for question in compared.questions:
        texts_of_question = (
            (question.question, question.reference, *question.answers) if texts else ()
        )
        values = [v for name in metrics for v in question.scores.get(name, (None, None))]
        rows.append(
            (question.case, question.outcome, question.changed, *texts_of_question, *values)
        )
    return Table(("case", "outcome", "changed", *words, *scores), rows)
