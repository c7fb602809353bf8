"""Print what a sync did or would do."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ingestion.sync.golden import GoldenReport
from ingestion.sync.report import DroppedWords, DryRun, Problem, SyncReport

MOST_NAMED = 20


def show_report(
    report: SyncReport, console: Console | None = None, *, verbose: bool = False
) -> None:
    """What a run did: a line for the version, one for the work, then what wants attention.

    `verbose` adds the documents of which words were left out on purpose.
    """
    console = console or Console()
    state = "live" if report.published else "a candidate, not live"
    what = "is now at" if report.changed else "is unchanged at"
    console.print(
        f"[bold]{report.document_set}[/] {what} version [bold]{report.index_version}[/] ({state}): "
        f"{report.documents_in_set:,} documents, {report.chunks_in_set:,} chunks.",
        highlight=False,
    )
    rate = f", {report.embedded / report.seconds:,.0f}/s" if report.embedded else ""
    console.print(
        f"{report.added} added, {report.updated} changed, {report.removed} removed, "
        f"{report.unchanged} unchanged; {report.embedded:,} chunks embedded{rate}, "
        f"{report.reused:,} reused; {report.seconds:.1f} s"
        + (f", published in {report.publish_ms:.0f} ms." if report.publish_ms else "."),
        highlight=False,
    )
    if report.golden is not None:
        show_golden(report.golden, console)
    if report.not_published:
        console.print(
            f"[red]Not published[/]: {escape(report.not_published)}.\n"
            f"Ask it: plumb ask --set {report.document_set} --index-version {report.index_version} …\n"
            f"Compare: plumb index diff --set {report.document_set} {report.base_version} "
            f"{report.index_version}",
            highlight=False,
        )
    if report.collected:
        console.print(f"Removed old versions: {', '.join(report.collected)}.", highlight=False)
    show_problems(report.problems, console)
    show_hidden(report.hidden, console)
    show_dropped(report.dropped, console, verbose=verbose)


def show_dry_run(run: DryRun, *, verbose: bool = False) -> None:
    """What a run would do."""
    console = Console()
    base = f"version {run.base_version}" if run.base_version else "nothing (first build)"
    console.print(
        f"[bold]{run.document_set}[/], dry run against {base}: {len(run.added)} to add, "
        f"{len(run.updated)} changed, {len(run.removed)} to remove, {run.unchanged} unchanged.",
        highlight=False,
    )
    if run.full_build:
        console.print(f"[yellow]{escape(run.full_build)}.[/]", highlight=False)
    time = f" in about {run.seconds_expected:,.0f} s" if run.seconds_expected is not None else ""
    rate = f" (at {run.chunks_per_second:,.0f}/s, measured now)" if run.chunks_per_second else ""
    console.print(
        f"{run.to_embed:,} chunks to embed{time}{rate}; {run.reused:,} known already.",
        highlight=False,
    )
    for what, ids in (("add", run.added), ("change", run.updated), ("remove", run.removed)):
        show_ids(what, ids, console)
    if run.refused:
        console.print(f"[red]Would not be published[/]: {escape(run.refused)}.", highlight=False)
    show_problems(run.problems, console)
    show_dropped(run.dropped, console, verbose=verbose)


def show_ids(what: str, ids: list[str], console: Console) -> None:
    """The first of some documents, a line each."""
    for id_ in ids[:MOST_NAMED]:
        console.print(f"  {what:8} {escape(id_)}", highlight=False)
    if len(ids) > MOST_NAMED:
        console.print(f"  {what:8} … and {len(ids) - MOST_NAMED:,} more (--json lists all)")


def show_golden(golden: GoldenReport, console: Console) -> None:
    """The check by golden questions."""
    before = f", {golden.live:.0%} before" if golden.live is not None else ""
    found = (
        f"{golden.candidate:.0%} found{before}" if golden.candidate is not None else "none asked"
    )
    passed = "passed" if golden.passed else "[red]failed[/]"
    console.print(
        f"Golden questions: {found} ({golden.asked} asked, margin {golden.margin:.0%}): {passed}.",
        highlight=False,
    )
    for result in golden.lost:
        note = f" ({result.note})" if result.note else ""
        console.print(f"  lost     {escape(result.question)} [{escape(result.document)}]{note}")
    for result in golden.corpus_changed:
        console.print(
            f"  stale    {escape(result.question)} [{escape(result.document)}]: {result.note}; "
            "the corpus changed, label it again"
        )


def show_hidden(hidden: list[Problem], console: Console) -> None:
    """Documents that nobody who is bound to groups sees, with reasons."""
    if not hidden:
        return
    table = Table("Hidden", "Why", box=None, pad_edge=False)
    for item in hidden:
        table.add_row(escape(item.document), escape(item.reason))
    console.print(table)


def show_dropped(dropped: DroppedWords, console: Console, *, verbose: bool) -> None:
    """What loaders left out on purpose: the words of each reason, and of each document."""
    if not dropped.by_reason:
        return
    by_reason = "; ".join(f"{reason}: {count:,}" for reason, count in dropped.by_reason.items())
    more = "" if verbose else " (-v lists the documents)"
    console.print(f"Words left out on purpose: {escape(by_reason)}{more}.", highlight=False)
    if not verbose:
        return
    table = Table("Document", "Words left out", box=None, pad_edge=False)
    for id_, counts in dropped.by_document.items():
        reasons = "; ".join(f"{reason}: {count:,}" for reason, count in counts.items())
        table.add_row(escape(id_), escape(reasons))
    console.print(table)
    if (rest := dropped.documents - len(dropped.by_document)) > 0:
        console.print(f"… and {rest:,} more documents")


def show_problems(problems: list[Problem], console: Console) -> None:
    """Documents that could not be indexed, with reasons."""
    if not problems:
        return
    table = Table("Not indexed", "Why", "In the index", box=None, pad_edge=False)
    for item in problems:
        kept = "as it last was" if item.kept else "no"
        table.add_row(escape(item.document), escape(item.reason), kept)
    console.print(table)
