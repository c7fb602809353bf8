"""`POST /v1/chat`: a question in, a grounded, cited answer out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.answering.answer import Answer
from app.api.callers import CallerDep, check_version
from app.api.parts import AnswersDep
from app.api.problems import ANSWERING

router = APIRouter(prefix="/v1", tags=["answers"])


class ChatOptions(BaseModel):
    """What may differ from the service's settings for one question."""

    model_config = ConfigDict(extra="forbid")

    prompt: str | None = Field(default=None, description="Version or alias of the answer prompt.")
    passages: int | None = Field(default=None, ge=1, le=50, description="Passages to answer from.")


class ChatRequest(BaseModel):
    """A question to a document set."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(description="The question, in words.")
    document_set: str | None = Field(
        default=None, description="The document set; may be left out where there is only one."
    )
    filters: dict[str, Any] = Field(
        default_factory=dict,
        description="Which documents may be used: a value, a list of values, or a range for each "
        "of `document`, `title`, `source`, `media_type` or any metadata field.",
    )
    index_version: str | None = Field(
        default=None,
        description="A version of the set, for example a candidate that is not live yet.",
    )
    options: ChatOptions = ChatOptions()


EXAMPLES: dict[str, Any] = {
    "a question": {
        "summary": "A question to the demo documents",
        "value": {"question": "How long may goods stay in quarantine?", "document_set": "demo"},
    },
}


@router.post("/chat", responses=ANSWERING, summary="Answer a question")
def chat(
    request: Annotated[ChatRequest, Body(openapi_examples=EXAMPLES)],
    answers: AnswersDep,
    caller: CallerDep,
    http: Request,
    index_version: Annotated[
        str | None, Query(description="As in the body; the body's wins.")
    ] = None,
) -> Answer:
    """Answer from the documents, each sentence cited, or refuse with the reason."""
    version = request.index_version or index_version
    check_version(http, caller, version)
    return answers.ask(
        request.question,
        request.document_set,
        filters=request.filters,
        prompt=request.options.prompt,
        passages=request.options.passages,
        index_version=version,
        visible_to=caller.groups,
    )
