"""`plumb eval …`: this room's commands."""

from __future__ import annotations

import typer

from evals.commands import compare, gate, track


def mount(app: typer.Typer) -> None:
    """Add the group `eval` to the command line."""
    group = typer.Typer(
        no_args_is_help=True, help="Evaluations: compare runs, at the gate or by eye."
    )
    app.add_typer(group, name="eval")
    gate.mount(group)
    compare.mount(group)
    track.mount(group)
