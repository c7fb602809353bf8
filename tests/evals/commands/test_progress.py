"""Progress where there is no terminal."""

from __future__ import annotations

import io

from rich.console import Console

from evals.running.console import progress_display
from evals.running.runner import Progress


def test_a_line_is_printed_now_and_then() -> None:
    said = io.StringIO()
    clock = iter([0.0, 1.0, 31.0, 40.0, 62.0])
    with progress_display(Console(file=said, width=200), lambda: next(clock)) as tell:
        for done in (0, 10, 11, 20):
            tell(
                Progress(
                    "answer@v2", 100, done=done, kept=min(done, 5), failed=done // 20, spent=0.25
                )
            )
    assert said.getvalue().splitlines() == [
        "answer@v2: 10 of 100, 5 kept, cost 0.2500, about 558 s left",
        "answer@v2: 20 of 100, 5 kept, 1 failed, cost 0.2500, about 331 s left",
    ]


def test_on_a_terminal_it_is_a_bar() -> None:
    said = io.StringIO()
    console = Console(file=said, width=120, force_terminal=True)
    with progress_display(console) as tell:
        tell(Progress("answer@v2", 100, done=42, spent=None))
    assert "answer@v2" in said.getvalue()
    assert "cost unknown" in said.getvalue()
