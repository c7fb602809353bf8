"""The document set that a command is about, opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evals.running.application import Application
    from ingestion.index.protocol import SetInfo


def chosen_set(
    application: Application, name: str | None, index_version: str | None = None
) -> SetInfo:
    """The named set, or the only one there is; its live version unless another is named.

    Raises:
        InvalidRequest: none is named, and there are none or several.
        UnknownDocumentSet, UnknownVersion: no such set or version.
    """
    from app.errors import InvalidRequest

    if name is None:
        names = application.versions.names()
        if not names:
            raise InvalidRequest(
                "there is no document set yet; make one with `plumb ingest PATH --set NAME`."
            )
        if len(names) > 1:
            raise InvalidRequest(f"name a document set with --set, one of: {', '.join(names)}.")
        name = names[0]
    return application.versions.find(name, index_version)
