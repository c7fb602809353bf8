"""`GET /v1/document-sets`: what can be asked."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath

from fastapi import APIRouter
from pydantic import BaseModel

from app.api.dependencies import PartsDep
from ingestion.index.protocol import SetInfo
from ingestion.sources.locations import for_readers

router = APIRouter(prefix="/v1", tags=["document sets"])


class DocumentSetSummary(BaseModel):
    """One document set.

    Attributes:
        name: its name.
        index_version: the version that answers come from.
        documents: how many documents it holds.
        chunks: how many chunks these were cut into.
        embedding_model: the model it was embedded with.
        committed_at: when this version was made (UTC).
    """

    name: str
    index_version: str
    documents: int
    chunks: int
    embedding_model: str
    committed_at: datetime

    @classmethod
    def of(cls, info: SetInfo) -> DocumentSetSummary:
        """The summary of a set's description."""
        return cls(
            name=info.name,
            index_version=info.version,
            documents=info.documents,
            chunks=info.chunks,
            # A model from a folder is called by the folder's name.
            embedding_model=for_readers(info.model.name, PurePath(info.model.name).name),
            committed_at=info.committed_at,
        )


class DocumentSets(BaseModel):
    """All document sets, by name."""

    document_sets: list[DocumentSetSummary]


@router.get("/document-sets", summary="List document sets")
def list_document_sets(parts: PartsDep) -> DocumentSets:
    """Every document set that has a live version; or those of the release that is served."""
    infos = [parts.sets.info(name) for name in parts.sets.names()]
    return DocumentSets(document_sets=[DocumentSetSummary.of(info) for info in infos])
