"""`plumb sets`: which document sets there are."""

from __future__ import annotations

import typer

from ingestion.cli.flags import IndexUrl, Json, Setting, open_catalogue, settings_from


def sets(
    context: typer.Context, index_url: IndexUrl = None, setting: Setting = None, json: Json = False
) -> None:
    """List the document sets in the index."""
    settings = settings_from(context, setting, index__url=index_url)
    catalogue = open_catalogue(settings)
    infos = [catalogue.live(name) for name in catalogue.names()]
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
