"""`plumb eval power`: does the gate notice faults? Heavy imports wait until it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evals.commands.new_runs import Limit
from ingestion.cli.flags import IndexUrl, Json, Setting, settings_from

QUICK_TRIALS = 20
QUICK_INSTANCES = 1


def power(
    context: typer.Context,
    suite: Annotated[
        str, typer.Argument(metavar="SUITE", help="A suite's YAML file, or a shipped suite's name.")
    ] = "handbook",
    prompt: Annotated[
        str | None, typer.Option(help="Version or alias of the answer prompt that is broken.")
    ] = None,
    trials: Annotated[int, typer.Option(min=1, help="Of each change.")] = 100,
    instances: Annotated[
        int,
        typer.Option(min=1, help="Of each change that is drawn by chance, such as lost chunks."),
    ] = 3,
    resamples: Annotated[
        int, typer.Option(min=200, help="Of the gate's bootstrap, in each trial.")
    ] = 1000,
    seed: Annotated[int, typer.Option(help="Of all draws.")] = 1,
    limit: Limit = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="The strongest of each fault, 20 trials each.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(help="The figures as JSON. Default: power.json in evals.folder."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="The picture. Default: power.html in evals.folder.")
    ] = None,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Break the system on purpose, in many ways, and count how often the gate notices.

    And change it harmlessly, and count how often the gate stops it all the same. Nothing is paid for:
    the embedded model answers, and the gate's own metrics score.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from rich.console import Console

    from evals.datasets.suite import read_suite
    from evals.files import write_text
    from evals.gate.power.changes import Change, all_changes, some_changes
    from evals.gate.power.chart import power_chart
    from evals.gate.power.console import power_row_text, show_power
    from evals.gate.power.harness import Harness
    from evals.gate.power.power import measure_power

    notes = Console(stderr=True)
    harness = Harness(settings, read_suite(suite), prompt, limit=limit)

    def tell(change: Change, place: int, count: int) -> None:
        notes.print(
            f"{place} of {count}: {change.name} {change.strength}", markup=False, highlight=False
        )

    try:
        found = measure_power(
            harness,
            some_changes() if quick else all_changes(),
            trials=min(trials, QUICK_TRIALS) if quick else trials,
            instances=QUICK_INSTANCES if quick else instances,
            resamples=resamples,
            seed=seed,
            on_change=tell,
            on_row=lambda row: notes.print(
                f"  {power_row_text(row)}", markup=False, highlight=False
            ),
        )
    finally:
        harness.close()
    folder = settings.evals.folder
    file = write_text(output or folder / "power.json", found.model_dump_json(indent=2))
    drawn = write_text(html or folder / "power.html", power_chart(found))
    if json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        show_power(found, Console())
        notes.print(f"Kept in {file}; the picture in {drawn}", markup=False, soft_wrap=True)
