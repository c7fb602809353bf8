"""`plumb eval …`: this room's commands."""

from __future__ import annotations

import typer

from evals.commands import calibrate, metrics


def mount(app: typer.Typer) -> None:
    """Add the group `eval` to the command line."""
    group = typer.Typer(no_args_is_help=True, help="Evaluations: metrics, judges.")
    app.add_typer(group, name="eval")
    metrics.mount(group)
    calibrate.mount(group)
