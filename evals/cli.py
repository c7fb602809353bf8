"""`plumb eval …`: this room's commands."""

from __future__ import annotations

import typer

from evals.commands import calibrate, metrics, run, runs


def mount(app: typer.Typer) -> None:
    """Add the group `eval` to the command line."""
    group = typer.Typer(no_args_is_help=True, help="Evaluations: run suites; metrics, judges.")
    app.add_typer(group, name="eval")
    run.mount(group)
    runs.mount(group)
    metrics.mount(group)
    calibrate.mount(group)
