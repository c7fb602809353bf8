"""`plumb models …`: embedding models as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingestion.cli.flags import Model, Setting, settings_from


def mount(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True, help="Embedding models: export for services without torch."
    )
    app.add_typer(group, name="models")
    group.command("export")(export)


def export(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where to write it.", show_default=False)
    ],
    embedding_model: Model = None,
    setting: Setting = None,
) -> None:
    """Write the embedding model as ONNX, for services without torch.

    Such a service finds it by PLUMB_EMBEDDING_CACHE_DIR=FOLDER, under the model's own name.
    """
    settings = settings_from(context, setting, embedding__model=embedding_model)
    from ingestion.embedding.onnx_export import export_model

    made = export_model(settings.embedding, folder)
    megabytes = sum(file.stat().st_size for file in made.rglob("*") if file.is_file()) / 1e6
    typer.echo(f"{settings.embedding.model}: {megabytes:,.0f} MB in {made}.")
    typer.echo(f"A service without torch runs it with PLUMB_EMBEDDING_CACHE_DIR={folder}.")
