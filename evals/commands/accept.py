"""`plumb eval accept`: take accepted candidates into a dataset. Heavy imports wait."""

from __future__ import annotations

import json as encoder
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ingestion.cli.flags import IndexUrl, Json, Setting, settings_from


def accept(
    context: typer.Context,
    review: Annotated[
        Path, typer.Argument(metavar="REVIEW", help="The review file.", show_default=False)
    ],
    into: Annotated[
        Path,
        typer.Option(help="The dataset; it is made if it is not there.", show_default=False),
    ],
    set_name: Annotated[
        str | None,
        typer.Option(
            "--set", help="The set whose documents labels quote. Default: each row's own."
        ),
    ] = None,
    index_version: Annotated[
        str | None,
        typer.Option(help="The version of it that labels must stand in. Default: the live one."),
    ] = None,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Take the rows with `accept: true` into a dataset: all of them, or none and the reasons.

    Rows without a decision stay for later, and the review file is left as it is. Doing it again
    takes in what was accepted since. The dataset's versions are noted beside it.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from evals.curation import accept
    from evals.curation.dataset_file import versions_file
    from evals.running.application import Application

    application = Application(settings)
    try:
        done = accept.accept(
            review,
            into,
            lambda name: application.open(application.versions.find(name, index_version)),
            set_name,
        )
    finally:
        application.close()
    if json:
        facts = asdict(done) | {
            "before": done.before.model_dump() if done.before else None,
            "after": done.after.model_dump() if done.after else None,
        }
        typer.echo(encoder.dumps({"dataset": str(into), **facts}, indent=2))
        return
    typer.echo(
        f"Taken in: {len(done.taken)}. There already: {done.there}. Rejected: {done.rejected}. "
        f"Undecided, for later: {done.undecided}."
    )
    for case_id in done.taken:
        typer.echo(f"  {case_id}")
    if done.changed:
        typer.echo(
            f"Changed since they were taken in, and left as the dataset has them: {', '.join(done.changed)}"
        )
    if done.before:
        typer.echo(f"Before: {done.before.cases} cases, {done.before.hash}")
    if done.after:
        typer.echo(f"Now:    {done.after.cases} cases, {done.after.hash}")
    if done.taken:
        typer.echo(f"Noted in {versions_file(into)}.")
