"""`plumb eval track` and `publish-prompts`: log to the tracker. Heavy imports wait until they run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingestion.cli.flags import Setting, settings_from
from prompts.cli.flags import open_registry

if TYPE_CHECKING:
    from evals.running.run import EvalRun
    from evals.tracking.tracker import LogResult


def show_logged(logged: LogResult) -> None:
    """A line, or none where nothing is tracked."""
    if logged.message:
        typer.echo(logged.message, err=True)
    elif logged.where:
        typer.echo(f"Tracked: {logged.where}", err=True)


def track_new_run(run: EvalRun, settings: Any) -> None:
    """Tell the tracker of a run that was made and kept just now.

    One that only repeats what earlier runs found is no news, and is to cost nothing: `plumb eval
    track` tells of it all the same.
    """
    if all(result.kept for result in run.results):
        return
    from evals.tracking.recording import commit_of, track_run

    show_logged(track_run(run, settings, commit_of(Path.cwd())))


NOT_TRACKED = 1


def track(
    context: typer.Context,
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Ids of kept runs.", show_default=False)
    ],
    setting: Setting = None,
) -> None:
    """Tell the tracker of kept runs: of older ones, or again after it could not be reached."""
    settings = settings_from(context, setting)
    from evals.running.run_store import RunStore
    from evals.tracking.recording import track_run

    _check(settings.tracking.tracker)
    folder = RunStore(settings.evals.folder)
    logged = [track_run(folder.load(run_id), settings) for run_id in runs]
    for one in logged:
        show_logged(one)
    if not all(one.where for one in logged):
        raise typer.Exit(NOT_TRACKED)


def publish_prompts(
    context: typer.Context,
    prompt: Annotated[
        list[str] | None,
        typer.Option(help="Which prompt; may be repeated. Default: all.", show_default=False),
    ] = None,
    setting: Setting = None,
) -> None:
    """Put all prompt versions with their aliases into the tracker, as versioned artifacts."""
    settings = settings_from(context, setting)
    from evals.tracking.prompts_entry import prompts_entry
    from evals.tracking.recording import log_entry

    _check(settings.tracking.tracker)
    registry = open_registry(settings)
    logged = log_entry(prompts_entry(registry, prompt or registry.names()), settings)
    show_logged(logged)
    if not logged.where:
        raise typer.Exit(NOT_TRACKED)


def _check(tracker: str) -> None:
    from evals.errors import TrackerError

    if tracker == "none":
        raise TrackerError("tracking.tracker is none; name wandb or mlflow.")
