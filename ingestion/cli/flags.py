"""Flags that commands of this room and those above share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from prompts.cli.flags import Json, Setting, settings_from

if TYPE_CHECKING:
    from ingestion.versions.catalogue import Catalogue

__all__ = ["IndexUrl", "Json", "Model", "Setting", "open_catalogue", "settings_from"]
IndexUrl = Annotated[
    str | None,
    typer.Option(
        "--index-url",
        help="Where the index is: a folder, or a Qdrant URL.",
        rich_help_panel="Settings",
    ),
]
Model = Annotated[
    str | None,
    typer.Option("--embedding-model", help="The embedding model.", rich_help_panel="Settings"),
]


def open_catalogue(settings: Any) -> Catalogue:
    """The index that the settings name."""
    from ingestion.index.stores import open_store_late
    from ingestion.versions.catalogue import Catalogue

    return Catalogue(open_store_late(settings.index, settings.qdrant))
