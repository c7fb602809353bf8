"""`plumb eval track` and `publish-prompts`: tell the tracker. Heavy imports wait until they run."""

from __future__ import annotations

from typing import Annotated

import typer

from ingestion.flags import Setting, settings_from

NOT_TRACKED = 1


def mount(group: typer.Typer) -> None:
    """Add the commands to their group."""
    group.command("track")(track)
    group.command("publish-prompts")(publish_prompts)


def track(
    context: typer.Context,
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Ids of kept runs.", show_default=False)
    ],
    setting: Setting = None,
) -> None:
    """Tell the tracker of kept runs: of older ones, or again after it could not be reached."""
    settings = settings_from(context, setting)
    from evals.commands.told import tell_people
    from evals.runs.kept import RunFolder
    from evals.tracking.recording import track_run

    _check(settings.tracking.tracker)
    folder = RunFolder(settings.evals.folder)
    logged = [track_run(folder.load(run_id), settings) for run_id in runs]
    for one in logged:
        tell_people(one)
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
    from evals.commands.told import tell_people
    from evals.tracking.prompts_entry import prompts_entry
    from evals.tracking.recording import open_prompts, tell

    _check(settings.tracking.tracker)
    registry = open_prompts(settings)
    logged = tell(prompts_entry(registry, prompt or registry.names()), settings)
    tell_people(logged)
    if not logged.where:
        raise typer.Exit(NOT_TRACKED)


def _check(tracker: str) -> None:
    from evals.errors import TrackerError

    if tracker == "none":
        raise TrackerError("tracking.tracker is none; name wandb or mlflow.")
