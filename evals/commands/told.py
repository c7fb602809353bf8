"""Tell the tracker, and say where it keeps what it was told: on stderr; stdout is for results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from evals.runs.run import EvalRun
    from evals.tracking.tracker import Logged


def tell_people(logged: Logged) -> None:
    """A line, or none where nothing is tracked."""
    if logged.told:
        typer.echo(logged.told, err=True)
    elif logged.where:
        typer.echo(f"Tracked: {logged.where}", err=True)


def tell_of_new(run: EvalRun, settings: Any) -> None:
    """Tell the tracker of a run that was made and kept just now.

    One that only repeats what earlier runs found is no news, and is to cost nothing: `plumb eval
    track` tells of it all the same.
    """
    if all(result.kept for result in run.results):
        return
    from evals.tracking.commit import commit_of
    from evals.tracking.recording import track_run

    tell_people(track_run(run, settings, commit_of(Path.cwd())))
