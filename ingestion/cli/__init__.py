"""This room's commands: `plumb ingest`, `plumb sets`, `plumb models …`, `plumb index …`."""

from __future__ import annotations

import typer

from ingestion.cli import ingest, models, sets, versions


def mount(app: typer.Typer, index: typer.Typer) -> None:
    app.command("ingest")(ingest.ingest)
    app.command("sets")(sets.sets)
    models.mount(app)
    versions.mount(index)
