"""`plumb eval …`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

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
    synthesise,
    track,
)

if TYPE_CHECKING:
    from app.checks.check import Check

COMMANDS = (
    run,
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


def settings_checks(settings: Any, call_models: bool) -> Iterable[Check]:
    """What `plumb settings check` checks of this room's settings."""
    from evals.checks import checks_of

    return checks_of(settings, call_models)


def mount(app: typer.Typer) -> None:
    """Add the group `eval` to the command line."""
    group = typer.Typer(
        no_args_is_help=True, help="Evaluations: run suites, judge candidates, grow datasets."
    )
    app.add_typer(group, name="eval")
    for command in COMMANDS:
        command.mount(group)
