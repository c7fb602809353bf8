"""`plumb eval …`."""

from __future__ import annotations

import typer

from evals.commands import (
    attribute,
    calibrate,
    compare,
    gate,
    metrics,
    power,
    report,
    run,
    runs,
    track,
)

COMMANDS = (run, runs, compare, gate, attribute, report, metrics, calibrate, power, track)


def mount(app: typer.Typer) -> None:
    """Add the group `eval` to the command line."""
    group = typer.Typer(no_args_is_help=True, help="Evaluations: run suites, judge candidates.")
    app.add_typer(group, name="eval")
    for command in COMMANDS:
        command.mount(group)
