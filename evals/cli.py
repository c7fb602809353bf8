"""`plumb eval …`: this room's commands."""

from __future__ import annotations

import typer

from evals.commands import run, runs


def mount(app: typer.Typer) -> None:
    """Add the group `eval` to the command line."""
    group = typer.Typer(no_args_is_help=True, help="Evaluations: run suites, list runs.")
    app.add_typer(group, name="eval")
    run.mount(group)
    runs.mount(group)
