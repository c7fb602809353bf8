"""`plumb eval …`: this room's commands."""

from __future__ import annotations

import typer

from evals.commands import gate, report


def mount(app: typer.Typer) -> None:
    """Add the group `eval` to the command line."""
    group = typer.Typer(no_args_is_help=True, help="Evaluations: compare runs at the gate, show them.")
    app.add_typer(group, name="eval")
    gate.mount(group)
    report.mount(group)
