"""`plumb eval …`: this room's commands."""

from __future__ import annotations

import typer

from evals.commands import accept, harvest, leakage, run, runs, synthesise


def mount(app: typer.Typer) -> None:
    """Add the group `eval` to the command line."""
    group = typer.Typer(
        no_args_is_help=True, help="Evaluations: run suites, list runs, grow datasets."
    )
    app.add_typer(group, name="eval")
    run.mount(group)
    runs.mount(group)
    harvest.mount(group)
    accept.mount(group)
    synthesise.mount(group)
    leakage.mount(group)
