"""Print runs, estimates and progress on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from evals.running.run import EvalRun
from evals.running.summary import MetricSummary, RunSummary, summarise_run

if TYPE_CHECKING:
    from evals.running.budget import CostEstimate
    from evals.running.runner import OnProgress, Progress

MAX_LISTED = 10


def show_estimate(estimates: Sequence[CostEstimate], console: Console) -> None:
    """A line for each system that is to be run."""
    for one in estimates:
        if not one.to_ask:
            cost = "all of them are kept already"
        elif one.cost is None:
            cost = f"{_tokens(one)}; what they cost is not set (prices.input_per_million, …)"
        elif one.cost:
            cost = f"{_tokens(one)}, about {one.cost:.4f}"
        else:
            cost = "free"
        console.print(
            f"[bold]{escape(one.label)}[/]: {one.total} answers, {one.to_ask} to ask: {cost}.",
            highlight=False,
        )


def show_run(run: EvalRun, file: Path, console: Console) -> None:
    """Each metric with its interval, then what wants attention."""
    summary = summarise_run(run)
    console.print(
        f"[bold]{escape(run.label)}[/] on suite [bold]{run.suite}[/]: {_counts(run, summary)}",
        highlight=False,
    )
    table = Table("Metric", "Mean", "95 % interval", "Cases", "Missing", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for metric in summary.metrics:
        better = " (lower is better)" if metric.info.better == "lower" else ""
        table.add_row(
            f"{escape(metric.info.name)}{better}",
            _value(metric, metric.mean),
            _interval(metric),
            str(metric.cases),
            str(metric.missing or ""),
        )
    console.print(table)
    _show_stale(run, summary, console)
    _show_failed(run, console)
    console.print(f"Kept in {escape(str(file))}", highlight=False, soft_wrap=True)


def show_runs(runs: Sequence[EvalRun], folder: Path) -> None:
    """A row for each run."""
    console = Console()
    if not runs:
        console.print(f"No runs in {escape(str(folder))} yet; `plumb eval run SUITE` makes one.")
        return
    table = Table(
        "Run", "Suite", "System", "Index version", "Answers", "Means", box=None, pad_edge=False
    )
    for run in runs:
        summary = summarise_run(run)
        failed = f", {summary.failed} failed" if summary.failed else ""
        means = ", ".join(
            f"{metric.info.name} {_value(metric, metric.mean)}" for metric in summary.metrics
        )
        table.add_row(
            run.id,
            run.suite,
            escape(run.label),
            f"{run.manifest.document_set} {run.manifest.index_version}",
            f"{summary.answers}{failed}",
            escape(means),
        )
    console.print(table)


def run_facts(run: EvalRun, file: Path | None = None) -> dict[str, Any]:
    """A run without its results, for programs."""
    summary = summarise_run(run)
    facts = {
        **run.model_dump(mode="json", exclude={"results", "metrics"}),
        **{name: value for name, value in asdict(summary).items() if name != "metrics"},
        "metrics": {
            metric.info.name: {
                "mean": metric.mean,
                "interval": metric.interval,
                "cases": metric.cases,
                "missing": metric.missing,
                "better": metric.info.better,
                "unit": metric.info.unit,
            }
            for metric in summary.metrics
        },
    }
    return facts if file is None else {**facts, "file": str(file)}


def _tokens(one: CostEstimate) -> str:
    return f"about {one.read:,} tokens read and {one.written:,} written"


def _counts(run: EvalRun, summary: RunSummary) -> str:
    parts = [f"{summary.answers} answers in {run.seconds:.1f} s"]
    if summary.kept:
        parts.append(f"{summary.kept} kept from before")
    if summary.failed:
        parts.append(f"[red]{summary.failed} failed[/]")
    if summary.stale:
        parts.append(f"[yellow]{summary.stale} with stale labels[/]")
    if summary.cost:
        parts.append(f"cost {summary.cost:.4f}")
    if summary.judge_cost:
        parts.append(f"judging {summary.judge_cost:.4f}")
    return ", ".join(parts) + "."


def _show_stale(run: EvalRun, summary: RunSummary, console: Console) -> None:
    """Stale labels, to be rewritten."""
    if not summary.stale:
        return
    console.print(
        f"[yellow]{summary.stale} cases have stale labels[/]: version {run.manifest.index_version} "
        "does not hold their words, so they are not scored; label them again:",
        highlight=False,
    )
    shown = {result.case.id: label for result in run.results for label in reversed(result.stale)}
    for case_id, label in list(shown.items())[:MAX_LISTED]:
        quote = " ".join(label.quote.split())
        quote = quote if len(quote) <= 60 else f"{quote[:59]}…"
        console.print(
            f"  {escape(case_id)}: {escape(label.document)}: “{escape(quote)}”", highlight=False
        )
    if len(shown) > MAX_LISTED:
        console.print(f"  … and {len(shown) - MAX_LISTED} more (the run's file lists all)")


def _show_failed(run: EvalRun, console: Console) -> None:
    failed = [result for result in run.results if result.error is not None]
    for result in failed[:MAX_LISTED]:
        console.print(
            f"  [red]failed[/] {escape(result.case.id)}: {escape(result.error or '')}",
            highlight=False,
        )
    if len(failed) > MAX_LISTED:
        console.print(f"  … and {len(failed) - MAX_LISTED} more (the run's file lists all)")


def _value(metric: MetricSummary, value: float | None) -> str:
    if value is None:
        return "–"
    match metric.info.unit:
        case "share":
            return f"{value:.3f}"
        case "ms" | "tokens":
            return f"{value:,.0f}"
        case _:
            return f"{value:.4g}"


def _interval(metric: MetricSummary) -> str:
    if metric.interval is None:
        return "–"
    low, high = metric.interval
    return f"{_value(metric, low)} to {_value(metric, high)}"


EVERY_S = 30.0


@contextmanager
def progress_display(
    console: Console, now: Callable[[], float] = time.monotonic
) -> Iterator[OnProgress]:
    """What a run tells its progress to.

    Args:
        console: where it is shown.
        now: the time, in seconds.
    """
    if console.is_terminal:
        with _bar(console) as on_progress:
            yield on_progress
    else:
        yield _Lines(console, now).tell


class _Lines:
    """A line every half minute; none for a run that is over before."""

    def __init__(self, console: Console, now: Callable[[], float]) -> None:
        self._console = console
        self._now = now
        self._began = self._last = now()

    def tell(self, progress: Progress) -> None:
        """Tell it if it is time to."""
        at = self._now()
        if at - self._last < EVERY_S:
            return
        self._last = at
        left = ""
        computed = progress.done - progress.kept
        if computed:
            seconds = (at - self._began) / computed * (progress.total - progress.done)
            left = f", about {seconds:,.0f} s left"
        self._console.print(
            f"{progress.label}: {progress.done} of {progress.total}{_more(progress)}{left}",
            markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip


@contextmanager
def _bar(console: Console) -> Iterator[OnProgress]:
    from ingestion.cli.progress import counting_bar

    with counting_bar(console) as bar:
        task = bar.add_task("", total=None, more="")

        def show(progress: Progress) -> None:
            bar.update(
                task,
                description=escape(progress.label),
                total=progress.total,
                completed=progress.done,
                more=_more(progress),
            )

        yield show


def _more(progress: Progress) -> str:
    parts = []
    if progress.kept:
        parts.append(f"{progress.kept} kept")
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.spent:
        parts.append(f"cost {progress.spent:.4f}")
    if progress.spent is None:
        parts.append("cost unknown")
    return "".join(f", {part}" for part in parts)
