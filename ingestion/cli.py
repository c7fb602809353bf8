"""`plumb ingest` and `plumb sets`. Heavy imports wait until a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingestion.flags import IndexUrl, Json, Model, Setting, settings_from

if TYPE_CHECKING:
    from ingestion.pipeline import IngestReport

SKIPPED = 3


def mount(app: typer.Typer) -> None:
    """Add this room's commands to the command line."""
    app.command("ingest")(ingest)
    app.command("sets")(sets)


def ingest(
    context: typer.Context,
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A file or a folder.", show_default=False)
    ],
    set_name: Annotated[
        str, typer.Option("--set", help="The document set to index into.", show_default=False)
    ],
    id_field: Annotated[
        str | None,
        typer.Option(
            help="Field of a JSONL or CSV record that holds its id.", rich_help_panel="Records"
        ),
    ] = None,
    title_field: Annotated[
        str | None, typer.Option(help="Field that holds its title.", rich_help_panel="Records")
    ] = None,
    text_field: Annotated[
        str | None, typer.Option(help="Field that holds its text.", rich_help_panel="Records")
    ] = None,
    index_url: IndexUrl = None,
    embedding_model: Model = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Index documents: Markdown, HTML, PDF, DOCX, PPTX, XLSX, CSV, text, JSONL.

    Unchanged documents cost nothing; changed ones are replaced. What cannot be indexed is listed
    with the reason, the rest is indexed, and the exit code is 3.
    """
    settings = settings_from(
        context, setting, index__url=index_url, embedding__model=embedding_model
    )
    from ingestion import pipeline
    from ingestion.embedding import load_embedder
    from ingestion.index.protocol import check_name
    from ingestion.index.stores import open_store
    from ingestion.loaders import RecordFields, find_files
    from ingestion.progress import progress_bar

    check_name(set_name)
    next(iter(find_files(path)))  # nothing there? say so before a model is loaded
    records = None
    if id_field or title_field or text_field:
        defaults = RecordFields()
        records = RecordFields(
            id=id_field or defaults.id,
            title=title_field or defaults.title,
            text=text_field or defaults.text,
        )
    store = open_store(settings.index)
    with progress_bar(enabled=not json) as on_progress:
        report = pipeline.ingest(
            path,
            set_name,
            store=store,
            embedder=load_embedder(settings.embedding),
            chunking=settings.chunking,
            loading=settings.loading,
            records=records,
            on_progress=on_progress,
        )
    if json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        show(report)
    if report.skipped:
        raise typer.Exit(SKIPPED)


def show(report: IngestReport) -> None:
    """Print what a run did."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    rate = f", {report.chunks / report.seconds:,.0f} chunks/s" if report.chunks else ""
    console.print(
        f"[bold]{report.document_set}[/] is at version [bold]{report.index_version}[/]: "
        f"{report.indexed} documents indexed ({report.chunks:,} chunks in {report.seconds:.1f} s{rate}), "
        f"{report.unchanged} unchanged, {len(report.skipped)} skipped; "
        f"it holds {report.documents_in_set:,} documents, {report.chunks_in_set:,} chunks.",
        highlight=False,
    )
    if report.skipped:
        table = Table("Skipped", "Why", box=None, pad_edge=False)
        for item in report.skipped:
            table.add_row(escape(item.document), escape(item.reason))
        console.print(table)


def sets(
    context: typer.Context, index_url: IndexUrl = None, setting: Setting = None, json: Json = False
) -> None:
    """List the document sets in the index."""
    settings = settings_from(context, setting, index__url=index_url)
    from ingestion.index.stores import open_store

    store = open_store(settings.index)
    infos = [store.open(name).info for name in store.names()]
    if json:
        import json as encoder

        listed = [{**info.model_dump(mode="json"), "index_version": info.version} for info in infos]
        typer.echo(encoder.dumps({"document_sets": listed}, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    if not infos:
        Console().print(
            "No document sets yet; make one with [bold]plumb ingest PATH --set NAME[/]."
        )
        return
    table = Table("Set", "Version", "Documents", "Chunks", "Embedding model", "Committed (UTC)")
    for info in infos:
        when = info.committed_at.strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(
            info.name,
            info.version,
            f"{info.documents:,}",
            f"{info.chunks:,}",
            info.model.name,
            when,
        )
    Console().print(table)
