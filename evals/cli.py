"""`plumb eval …`."""

from __future__ import annotations

import typer

from evals.commands import (
    accept,
    attribute,
    calibrate,
    compare,
    gate,
    harvest,
    leakage,
    metrics,
    power,
    report,
    run,
    runs,
    synthesise,
    track,
)

COMMANDS = (
    run,
    runs,
    compare,
    gate,
    attribute,
    power,
    report,
    metrics,
    calibrate,
    track,
    harvest,
    accept,
    synthesise,
    leakage,
)


def mount(app: typer.Typer) -> None:
    """Add the group `eval` to the command line."""
    group = typer.Typer(
        no_args_is_help=True, help="Evaluations: run suites, judge candidates, grow datasets."
    )
    app.add_typer(group, name="eval")
    for command in COMMANDS:
        command.mount(group)
