"""`/v1/document-sets/{name}`: how a set is defined, which versions it has."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel

from app.api.callers import AdmittedFirst, AuditDep, CallerDep
from app.api.dependencies import PartsDep, UploadsDep
from app.api.document_sets import DocumentSetSummary
from app.api.problems import CONFLICT, NOT_FOUND
from app.document_sets.definitions import SetDefinitionRequest, create_set, replace_set
from app.errors import InvalidRequest
from ingestion.sources.definitions import SetDefinition
from ingestion.sync.run import live_version
from ingestion.sync.start import StoredDefinition, stored_definition

router = APIRouter(prefix="/v1", tags=["document sets"], route_class=AdmittedFirst)


class VersionSummary(DocumentSetSummary):
    """One index version of a set.

    Attributes:
        live: whether answers come from it.
        committed_by: who made it.
        dropped: words that loaders left out of its documents on purpose, by reason; null: that was not
            kept of some of its documents, which were read before Plumbline kept it.
    """

    live: bool
    committed_by: str
    dropped: dict[str, int] | None = None


class Versions(BaseModel):
    """The index versions of a set that are kept, oldest first."""

    versions: list[VersionSummary]


class DefinedSet(BaseModel):
    """A document set's definition.

    Attributes:
        definition: as it is kept; its uploads folder is one of its sources.
        restricted: whether it was made over REST, so that its sources must be ones that the
            operator has allowed.
    """

    definition: SetDefinition
    restricted: bool

    @classmethod
    def of(cls, kept: StoredDefinition) -> DefinedSet:
        """A kept definition as it is shown."""
        return cls(definition=kept.definition, restricted=kept.restricted)


class DocumentSetDetails(BaseModel):
    """All about a document set.

    Attributes:
        name: its name.
        definition: what it is synced by; None if it was made without.
        restricted: whether that was made over REST.
        live: the version that answers come from; None before the first publication.
        versions: the versions that are kept, oldest first.
        uploads: names of the files that were uploaded to it.
    """

    name: str
    definition: SetDefinition | None
    restricted: bool
    live: VersionSummary | None
    versions: list[VersionSummary]
    uploads: list[str]


EXAMPLES: dict[str, Any] = {
    "uploads only": {
        "summary": "A set whose documents are uploaded",
        "value": {"document_set": "manuals"},
    },
    "with checks": {
        "summary": "With a golden question that every new version must still answer",
        "value": {
            "document_set": "policies",
            "chunking": {"max_tokens": 200},
            "golden": [
                {
                    "question": "How long may goods stay in quarantine?",
                    "document": "quarantine.md",
                    "quote": "no longer than 14 days",
                }
            ],
            "checks": {"max_removed_share": 0.2},
        },
    },
}
Definition = Annotated[SetDefinitionRequest, Body(openapi_examples=EXAMPLES)]


@router.post("/document-sets", status_code=201, responses=CONFLICT, summary="Define a document set")
def define_document_set(
    request: Definition,
    parts: PartsDep,
    uploads: UploadsDep,
    caller: CallerDep,
    audit: AuditDep,
    response: Response,
) -> DefinedSet:
    """Keep the definition of a new set; its documents are indexed by the first sync.

    Sources must be below the places that the operator allows (`sync.allowed_roots`); a set
    without sources takes its documents from uploads.
    """
    with audit.act(caller, "define-set", request.document_set, **_audited(request)):
        stored = create_set(request, parts.catalogue, uploads, parts.settings)
    response.headers["Location"] = f"/v1/document-sets/{request.document_set}"
    return DefinedSet.of(stored)


@router.put(
    "/document-sets/{name}",
    responses={201: {"model": DefinedSet, "description": "The set is new."}},
    summary="Replace a set's definition",
)
def replace_document_set(
    name: str,
    request: Definition,
    parts: PartsDep,
    uploads: UploadsDep,
    caller: CallerDep,
    audit: AuditDep,
    response: Response,
) -> DefinedSet:
    """Keep this definition, whatever the set's was; the next sync goes by it."""
    if name != request.document_set:
        raise InvalidRequest(
            f"document_set: is {request.document_set!r}, and the address names {name!r}; write "
            "the same in both."
        )
    with audit.act(caller, "replace-set", name, **_audited(request)):
        kept, is_new = replace_set(request, parts.catalogue, uploads, parts.settings)
    if is_new:
        response.status_code = 201
    return DefinedSet.of(kept)


@router.get("/document-sets/{name}", responses=NOT_FOUND, summary="Look at a document set")
def get_document_set(name: str, parts: PartsDep, uploads: UploadsDep) -> DocumentSetDetails:
    """Its definition, what is live, which versions are kept, which files were uploaded."""
    stored = stored_definition(parts.catalogue.store.records, name)
    listed = _versions(parts, name, required=stored is None)
    return DocumentSetDetails(
        name=name,
        definition=stored.definition if stored else None,
        restricted=stored is not None and stored.restricted,
        live=next((version for version in listed if version.live), None),
        versions=listed,
        uploads=uploads.names(name),
    )


@router.get("/document-sets/{name}/versions", responses=NOT_FOUND, summary="List index versions")
def list_index_versions(name: str, parts: PartsDep) -> Versions:
    """The set's versions that are kept: live, older, and candidates that are not live yet."""
    stored = stored_definition(parts.catalogue.store.records, name)
    return Versions(versions=_versions(parts, name, required=stored is None))


def _audited(request: SetDefinitionRequest) -> dict[str, Any]:
    """What the log tells of a definition: its sources, and who sees them."""
    return {"sources": [{"key": s.key, "groups": list(s.groups)} for s in request.sources]}


def _versions(parts: PartsDep, name: str, *, required: bool) -> list[VersionSummary]:
    found = parts.catalogue.versions(name)
    if required and not found:
        parts.catalogue.live(name)  # raises, and says which sets there are
    live = live_version(parts.catalogue, name)
    return [
        VersionSummary(
            **DocumentSetSummary.of(info).model_dump(),
            live=live is not None and info.number == live.number,
            committed_by=info.committed_by,
            dropped=info.dropped,
        )
        for info in found
    ]
