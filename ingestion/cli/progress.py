"""Progress bars: of a run of ingestion, and of anything that is counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from ingestion.sync.work import OnProgress
from ingestion.sync.work import Progress as State


@contextmanager
def progress_bar(*, enabled: bool = True) -> Iterator[OnProgress]:
    """A bar on stderr while the context lasts; yields the callback that moves it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[chunks]:,} chunks"),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, disable=not (enabled and console.is_terminal), transient=True
    ) as bar:
        task = bar.add_task("Loading the model", total=None, chunks=0, rate=0.0)

        def move(progress: State) -> None:
            elapsed = bar.tasks[0].elapsed or 1.0
            bar.update(
                task,
                description=progress.stage.capitalize(),
                total=progress.bytes_total or None,
                completed=progress.bytes_read,
                chunks=progress.chunks,
                rate=progress.chunks / elapsed,
            )

        yield move


def counting_bar(console: Console) -> Progress:
    """A bar that counts, with the task's field `more` behind the count; gone at its end."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[more]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
