"""`POST /v1/chat`: a question in, a grounded, cited answer out."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import ConfigDict, Field, TypeAdapter

from app.answering.answer import Passage
from app.api.callers import CallerDep, DirectlyAnsweringRoute, check_version
from app.api.dependencies import TurnsDep
from app.api.problems import ANSWERING, problem_of
from app.api.sse import EventStream, described_events, event
from app.callers import Caller
from app.turns.turn import Turn, TurnRequest
from app.turns.turns import Turns, TurnStep
from ingestion.index.filters import GivenFilters
from ingestion.null_fields import NullIsLeftOut
from prompts.errors import PlumbError

router = APIRouter(prefix="/v1", tags=["answers"], route_class=DirectlyAnsweringRoute)
PASSAGES, TURN = TypeAdapter(list[Passage]), TypeAdapter(Turn)


class ChatOptions(NullIsLeftOut):
    """What may differ from the service's settings for one question."""

    # Frozen, so that pydantic need not copy the default for each request.
    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: str | None = Field(default=None, description="Version or alias of the answer prompt.")
    passages: int | None = Field(
        default=None,
        ge=1,
        le=50,
        description="Passages to answer from; the extractive model may add up to four.",
    )


class ChatRequest(NullIsLeftOut):
    """A question to a document set."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(description="The question, in words.")
    document_set: str | None = Field(
        default=None, description="The document set; may be left out where there is only one."
    )
    filters: GivenFilters = Field(
        default_factory=dict,
        description="Which documents may be used: a value, a list of values, or a range for each "
        "of `document`, `title`, `source`, `media_type` or any metadata field.",
    )
    index_version: str | None = Field(
        default=None,
        description="A version of the set, for example a candidate that is not live yet.",
    )
    session_id: str | None = Field(
        default=None,
        description="A conversation, by an id of the caller's choice: a follow-up is understood "
        "from what was asked in it before. One that is not there is begun.",
    )
    stream: bool = Field(
        default=False,
        description="Send server-sent events: `passages`, then `token` as words come, then "
        "`answer`, which is what the response would be without; or `error`, a problem detail.",
    )
    options: ChatOptions = ChatOptions()


EXAMPLES: dict[str, Any] = {
    "a question": {
        "summary": "A question to the demo documents",
        "value": {"question": "How long may goods stay in quarantine?", "document_set": "demo"},
    },
}


REF = "#/components/schemas/"
EVENTS = described_events(
    "ChatEvent",
    "An event of a streamed answer: the passages, words, then the answer or an error.",
    {
        "passages": {"type": "array", "items": {"$ref": f"{REF}Passage"}},
        "token": {
            "type": "object",
            "required": ["text"],
            "properties": {"text": {"type": "string"}},
        },
        "answer": {"$ref": f"{REF}Turn"},
        "error": {"$ref": f"{REF}ProblemDetail"},
    },
)
STREAMED: dict[int | str, dict[str, Any]] = {
    **ANSWERING,
    200: {
        "description": "The answer; or, with `stream`, events that end in it.",
        "content": EVENTS,
    },
}


@router.post("/chat", response_model=Turn, responses=STREAMED, summary="Answer a question")
async def chat(
    request: Annotated[ChatRequest, Body(openapi_examples=EXAMPLES)],
    turns: TurnsDep,
    caller: CallerDep,
    http: Request,
    index_version: Annotated[
        str | None, Query(description="As in the body; the body's wins.")
    ] = None,
) -> Response:
    """Answer from the documents, each sentence cited, or refuse with the reason."""
    version = request.index_version or index_version
    check_version(http, caller, version)
    turn_request = TurnRequest(
        question=request.question,
        document_set=request.document_set,
        filters=request.filters,
        prompt=request.options.prompt,
        passages=request.options.passages,
        index_version=version,
        session_id=request.session_id,
    )
    if not request.stream:
        body = await run_sync(_answer, turns, turn_request, caller)
        return Response(body, media_type="application/json")
    steps = turns.stream(turn_request, caller)
    # What is wrong with the question comes out before the first step, and is an error as any.
    first = await anext(steps)
    return EventStream(_events(first, steps), steps)


def _answer(turns: Turns, request: TurnRequest, caller: Caller) -> bytes:
    """The turn as JSON; it was validated when it was made."""
    return TURN.dump_json(turns.take(request, caller))


async def _events(first: TurnStep, steps: AsyncGenerator[TurnStep]) -> AsyncGenerator[bytes]:
    async with aclosing(steps):
        yield _event(first)
        try:
            async for step in steps:
                yield _event(step)
        except PlumbError as error:
            yield event(problem_of(error, "/v1/chat").model_dump_json(), "error")


def _event(step: TurnStep) -> bytes:
    if isinstance(step, str):
        return event(json.dumps({"text": step}, ensure_ascii=False), "token")
    if isinstance(step, Turn):
        return event(step.model_dump_json(), "answer")
    return event(PASSAGES.dump_json(step).decode(), "passages")
