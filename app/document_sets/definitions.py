"""Definitions of document sets that come over REST, and what a sync makes of them."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from app.errors import DocumentSetExists, InvalidRequest
from app.settings.tree import Settings
from app.uploads.protocol import Uploads
from ingestion.errors import UnknownDocumentSet
from ingestion.sources.allowed_locations import confined
from ingestion.sources.definitions import SetDefinition
from ingestion.sources.source import Source
from ingestion.sync.run import live_version
from ingestion.sync.start import StoredDefinition, keep_definition, stored_definition
from ingestion.versions.catalogue import Catalogue


class SetDefinitionRequest(SetDefinition):
    """A definition as it is sent; one without sources takes its documents from uploads alone."""

    sources: tuple[Source, ...] = Field(default=(), description="Where its documents come from.")


def create_set(
    request: SetDefinitionRequest, catalogue: Catalogue, uploads: Uploads, settings: Settings
) -> StoredDefinition:
    """Keep the definition of a new set. Its uploads folder is one of its sources.

    Raises:
        DocumentSetExists: there is a set of this name.
        SourceError: a source is not below `sync.allowed_roots`.
        InvalidRequest: its embedding model is none of `sync.allowed_models`.
    """
    name = request.document_set
    definition = _checked(request, uploads, settings)
    if name in catalogue.all_names():
        raise _exists(name)
    # Created, not put: of two callers at once only one may have it.
    if not catalogue.store.records.create(f"definitions/{name}", definition.model_dump_json()):
        raise _exists(name)
    return definition


def replace_set(
    request: SetDefinitionRequest, catalogue: Catalogue, uploads: Uploads, settings: Settings
) -> tuple[StoredDefinition, bool]:
    """Keep a set's definition, whatever it was; also whether the set is new.

    Raises:
        SourceError: a source is not below `sync.allowed_roots`.
        InvalidRequest: its embedding model is none of `sync.allowed_models`.
    """
    definition = _checked(request, uploads, settings)
    is_new = stored_definition(catalogue.store.records, request.document_set) is None
    keep_definition(catalogue.store.records, definition)
    return definition, is_new


def require_definition(catalogue: Catalogue, name: str) -> StoredDefinition:
    """A set's definition.

    Raises:
        UnknownDocumentSet: it has none.
    """
    stored = stored_definition(catalogue.store.records, name)
    if stored is None:
        raise UnknownDocumentSet(
            f"document set {name!r} has no definition; create one with POST /v1/document-sets."
        )
    return stored


def require_uploads(catalogue: Catalogue, uploads: Uploads, name: str) -> None:
    """Check that a set takes documents from uploads.

    Raises:
        UnknownDocumentSet: there is no such set.
        InvalidRequest: its uploads folder is none of its sources, so nothing would come of them.
    """
    stored = require_definition(catalogue, name)
    if not _has_uploads(stored.definition, uploads):
        raise InvalidRequest(
            f"document set {name!r} was not defined over REST and takes no uploads; define it with "
            f"PUT /v1/document-sets/{name}, or sync it from its own sources."
        )


def definition_to_sync(
    kept: StoredDefinition, catalogue: Catalogue, uploads: Uploads, settings: Settings
) -> SetDefinition:
    """What to sync by: sources checked again, and without uploads where there are none.

    Raises:
        SourceError: a source is not allowed (any more).
        InvalidRequest: its model is not allowed (any more), or there is nothing to sync from nor
            anything to remove.
    """
    definition = _allowed(kept.definition, settings) if kept.restricted else kept.definition
    name = definition.document_set
    if not _has_uploads(definition, uploads) or uploads.names(name):
        return definition
    # A source that lists no files is an error; that all uploads were deleted is none.
    folder = _uploads_source(name, uploads).key
    others = tuple(source for source in definition.sources if source.key != folder)
    live = live_version(catalogue, name)
    if not others and (live is None or not live.documents):
        raise InvalidRequest(
            f"document set {name!r}: there is no upload to index and no document to remove; send "
            f"files to POST /v1/document-sets/{name}/documents first."
        )
    return definition.model_copy(update={"sources": others})


def _checked(
    request: SetDefinitionRequest, uploads: Uploads, settings: Settings
) -> StoredDefinition:
    own = _uploads_source(request.document_set, uploads)
    given = {name: getattr(request, name) for name in request.model_fields_set}
    sources = request.sources
    if all(source.key != own.key for source in sources):
        sources = (*sources, own)
    definition = SetDefinition.model_validate({**given, "sources": sources})
    _allowed(definition, settings)
    return StoredDefinition(definition=definition, base=str(Path.cwd()), restricted=True)


def _allowed(definition: SetDefinition, settings: Settings) -> SetDefinition:
    """What may be synced: its model and its sources are ones that the operator allows."""
    model = definition.embedding.model
    allowed = [settings.embedding.model, *settings.sync.allowed_models]
    if model is not None and model not in allowed:
        raise InvalidRequest(
            f"embedding.model: {model[:200]!a} cannot be named over REST; name one of "
            f"{', '.join(allowed)}, or ask the operator to add it to sync.allowed_models."
        )
    return confined(definition, settings.sync)


def _has_uploads(definition: SetDefinition, uploads: Uploads) -> bool:
    own = _uploads_source(definition.document_set, uploads).key
    return any(source.key == own for source in definition.sources)


def _uploads_source(name: str, uploads: Uploads) -> Source:
    return Source(url=uploads.folder(name))


def _exists(name: str) -> DocumentSetExists:
    return DocumentSetExists(
        f"document set {name!r} is there already; PUT /v1/document-sets/{name} replaces its "
        "definition."
    )
