"""Tell how far a run is: a bar on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from evals.running.progress import OnProgress, Progress

if TYPE_CHECKING:
    from rich.console import Console

EVERY_S = 30.0


@contextmanager
def told_progress(
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
        asked = progress.done - progress.kept
        if asked:
            seconds = (at - self._began) / asked * (progress.total - progress.done)
            left = f", about {seconds:,.0f} s left"
        self._console.print(
            f"{progress.label}: {progress.done} of {progress.total}{_more(progress)}{left}",
            markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip


@contextmanager
def _bar(console: Console) -> Iterator[OnProgress]:
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[more]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    with bar:
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
