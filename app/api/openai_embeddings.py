"""`POST /v1/embeddings`: vectors of texts by a document set's own model."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from app.api.callers import AnsweringRoute
from app.api.dependencies import PartsDep
from app.api.openai_errors import RESPONSES
from app.openai_api.embeddings import EmbeddingRequest, Embeddings, embed

router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"], route_class=AnsweringRoute)


@router.post("/embeddings", responses=RESPONSES, summary="Embed texts")
def embeddings(request: Annotated[EmbeddingRequest, Body()], parts: PartsDep) -> Embeddings:
    """The vectors of texts by the model that the document set is indexed with.

    `model` names the set, as in `POST /v1/chat/completions`. A text that is longer than the model
    reads is refused, not cut.
    """
    return embed(request, parts)
