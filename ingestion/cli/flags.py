"""Flags that commands of this room and those above share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from prompts.cli.flags import Json, Setting, settings_from

if TYPE_CHECKING:
    from ingestion.versions.catalogue import Catalogue

__all__ = [
    "IndexUrl",
    "Json",
    "Model",
    "NamedVersion",
    "Setting",
    "is_file_name",
    "named_version",
    "open_catalogue",
    "settings_from",
]
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


class NamedVersion(NamedTuple):
    """An index version as a command line names it.

    Attributes:
        version: its name or number.
        document_set: its set; None if the command line does not name it.
    """

    version: str
    document_set: str | None = None


def is_file_name(text: str) -> bool:
    """Whether a word is a file's name; those of versions, runs and prompts look otherwise."""
    return "/" in text or text.endswith(".json")


def named_version(text: str) -> NamedVersion:
    """The version that a word names: itself, or the one in a report of `plumb ingest --output`.

    Raises:
        SourceError: the file cannot be read as such a report.
    """
    if not is_file_name(text):
        return NamedVersion(text)
    from pydantic import ValidationError

    from ingestion.errors import SourceError
    from ingestion.sync.report import SyncReport

    try:
        report = SyncReport.model_validate_json(Path(text).read_bytes())
    except OSError as error:
        raise SourceError(
            f"{text}: cannot be read: {error.strerror or error}; `plumb ingest --output {text}` "
            "writes it."
        ) from error
    except ValidationError as error:
        raise SourceError(
            f"{text}: is no report of a sync; `plumb ingest --output FILE` writes one."
        ) from error
    return NamedVersion(report.index_version, report.document_set)


def open_catalogue(settings: Any) -> Catalogue:
    """The index that the settings name."""
    from ingestion.index.stores import open_store_late
    from ingestion.versions.catalogue import Catalogue

    return Catalogue(open_store_late(settings.index, settings.qdrant))
