"""`plumb eval compare`: two kept runs side by side. Heavy imports wait until it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from ingestion.cli.flags import Json, Setting, settings_from

NAMED = "A run's id, or a version or alias of the answer prompt: its newest kept run."


def compare(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="BEFORE", help=NAMED, show_default=False)],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="Likewise.", show_default=False)],
    suite: Annotated[
        str | None, typer.Option(help="Whose runs. Default: that of the newest run of AFTER.")
    ] = None,
    answers: Annotated[
        int, typer.Option(min=0, help="How many changed answers to show, the worst first.")
    ] = 10,
    track: Annotated[
        bool, typer.Option("--track/--no-track", help="Tell the tracker of the comparison.")
    ] = True,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Show what changed between two runs of a suite: metrics, questions, answers.

    Nothing is run and nothing decided: `plumb eval gate` decides.
    """
    settings = settings_from(context, setting)
    from rich.console import Console

    from evals.gate.comparison import compare_runs as compare_runs
    from evals.gate.comparison import find_pair
    from evals.gate.console import show_comparison
    from evals.running.run_store import RunStore
    from prompts.cli.flags import open_registry

    folder = RunStore(settings.evals.folder)
    runs = find_pair(before, after, folder, open_registry(settings), suite)
    compared = compare_runs(*runs)
    if json:
        typer.echo(compared.model_dump_json(indent=2))
    else:
        show_comparison(compared, Console(), answers)
    if track and settings.tracking.tracker != "none":
        from evals.commands.track import show_logged
        from evals.tracking.compare_entry import compare_entry
        from evals.tracking.recording import log_entry

        entry = compare_entry(compared, runs, texts=settings.tracking.texts)
        show_logged(log_entry(entry, settings))
