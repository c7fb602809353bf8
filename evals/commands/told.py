"""Say where a tracker keeps what it was told: on stderr, since stdout is for results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from evals.tracking.tracker import Logged


def tell_people(logged: Logged) -> None:
    """A line, or none where nothing is tracked."""
    if logged.told:
        typer.echo(logged.told, err=True)
    elif logged.where:
        typer.echo(f"Tracked: {logged.where}", err=True)
