"""`plumb ingest`: bring a document set up to date. Heavy imports wait until the command runs."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ingestion.cli.flags import IndexUrl, Json, Model, Setting, open_catalogue, settings_from

if TYPE_CHECKING:
    from ingestion.versions.catalogue import Catalogue

FAILED = 1
INCOMPLETE = 3
TERMINATED = 143
RECORDS = "Records"


def ingest(
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="A folder, file, glob or URL; or a set's definition (.yaml). Default: all sources "
            "that the set has.",
            show_default=False,
        ),
    ] = None,
    set_name: Annotated[
        str | None, typer.Option("--set", help="The document set.", show_default=False)
    ] = None,
    prefix: Annotated[str, typer.Option(help="Put before the ids of the source's documents.")] = "",
    only: Annotated[
        bool, typer.Option("--only", help="Make SOURCE the only one of the set's sources.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and how long it would take.")
    ] = False,
    publish: Annotated[
        bool, typer.Option("--publish/--no-publish", help="Publish, or leave a candidate.")
    ] = True,
    force: Annotated[
        bool, typer.Option("--force", help="Publish though many documents would go.")
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Read again what could not be indexed before.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and sync whenever files change.")
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="List what is left out of which document on purpose."),
    ] = False,
    engine: Annotated[Literal["local", "ray"], typer.Option(help="What runs the work.")] = "local",
    why: Annotated[str, typer.Option(help="A remark for the log of publications.")] = "",
    output: Annotated[
        Path | None,
        typer.Option(help="Write the report to this file as JSON, for later steps."),
    ] = None,
    id_field: Annotated[
        str | None,
        typer.Option(
            help="Field of a JSONL or CSV record that holds its id.", rich_help_panel=RECORDS
        ),
    ] = None,
    title_field: Annotated[
        str | None, typer.Option(help="Field that holds its title.", rich_help_panel=RECORDS)
    ] = None,
    text_field: Annotated[
        str | None, typer.Option(help="Field that holds its text.", rich_help_panel=RECORDS)
    ] = None,
    index_url: IndexUrl = None,
    embedding_model: Model = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Bring a document set up to date with its sources: Markdown, HTML, PDF, Office, CSV, JSONL.

    Only what has changed is read and embedded; what is gone from the source goes from answers.
    Readers see the old version until the new one is complete and checked. What cannot be indexed
    is listed with the reason, and the exit code is 3.
    """
    settings = settings_from(
        context, setting, index__url=index_url, embedding__model=embedding_model
    )
    # As on Ctrl-C, the set is free at once for the next sync, also for one on another machine.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    from ingestion.cli import sync_request
    from ingestion.sync.options import SyncOptions

    records = sync_request.record_fields(id_field, title_field, text_field)
    catalogue = open_catalogue(settings)
    definition, base, chosen = sync_request.definition(
        catalogue, source, set_name, sync=settings.sync, prefix=prefix, only=only, records=records
    )
    request = sync_request.Request(
        definition=definition,
        base=base,
        chosen=chosen,
        is_kept=source is None,
        options=SyncOptions(
            publish=publish,
            force=force,
            retry=retry,
            keep_versions=settings.sync.keep_versions,
            lease_s=settings.sync.lease_s,
            why=why,
        ),
        engine=engine,
    )
    if watch:
        from ingestion.cli.watch import watch_and_sync

        watch_and_sync(request, settings, catalogue)
        return
    if dry_run:
        _rehearse(request, settings, catalogue, json=json, verbose=verbose)
        return
    report = sync_request.run(request, settings, catalogue, quiet=json)
    if output is not None:
        _write(output, report.model_dump_json(indent=2))
    if json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        from ingestion.cli.sync_report import show_report

        show_report(report, verbose=verbose)
    if report.not_published:
        raise typer.Exit(FAILED)
    if report.problems:
        raise typer.Exit(INCOMPLETE)


def _write(file: Path, text: str) -> None:
    from ingestion.errors import SourceError
    from prompts.whole_files import replace_whole

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(file, text + "\n")
    except OSError as error:
        raise SourceError(f"{file}: cannot be written: {error.strerror or error}.") from error


def _rehearse(
    request: Any, settings: Any, catalogue: Catalogue, *, json: bool, verbose: bool
) -> None:
    from ingestion.cli import sync_report as shown
    from ingestion.cli import sync_request

    result = sync_request.rehearse(request, settings, catalogue, quiet=json)
    if json:
        typer.echo(result.model_dump_json(indent=2))
    else:
        shown.show_dry_run(result, verbose=verbose)
    if result.problems:
        raise typer.Exit(INCOMPLETE)
