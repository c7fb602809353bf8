"""`POST /v1/chat/completions`, `GET /v1/models`: the service as OpenAI's clients know one."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Body
from fastapi.responses import StreamingResponse

from app.api.callers import AnsweringRoute, CallerDep
from app.api.dependencies import PartsDep, TurnsDep
from app.api.openai_errors import RESPONSES, error_of
from app.api.problems import problem_of
from app.api.sse import EVENTS, EventStream, event
from app.openai_api.completion import Chunk, Completion, Pieces, completion_of
from app.openai_api.models import Model, Models, model_of, models
from app.openai_api.request import CompletionRequest, turn_request
from app.turns.turn import Turn
from app.turns.turns import TurnStep
from prompts.errors import PlumbError

router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"], route_class=AnsweringRoute)
STREAMED: dict[int | str, dict[str, Any]] = {
    **RESPONSES,
    200: {
        "description": "The completion; or, with `stream`, its chunks, then `[DONE]`.",
        "content": EVENTS,
    },
}


@router.post(
    "/chat/completions", response_model=Completion, responses=STREAMED, summary="Complete a chat"
)
async def complete_chat(
    request: Annotated[CompletionRequest, Body()], turns: TurnsDep, caller: CallerDep
) -> Completion | StreamingResponse:
    """Answer the last message of a chat from the documents.

    The model names the document set: `plumb/handbook` is the document set `handbook`,
    `plumb/handbook@candidate` the same with the prompt at that alias or version. Sampling
    parameters are left aside: they belong to the prompt's version.
    """
    asked = turn_request(request)
    if not request.stream:
        return completion_of(await run_sync(turns.take, asked, caller), request.model)
    steps = turns.stream(asked, caller)
    await anext(steps)  # what is wrong with the question comes out here, as any error
    return EventStream(_chunks(steps, request), steps)


async def _chunks(
    steps: AsyncGenerator[TurnStep], request: CompletionRequest
) -> AsyncGenerator[bytes]:
    """Words as they come; at the end the sources, and what the check of citations says."""
    pieces = Pieces(request.model)
    async with aclosing(steps):
        yield _event(pieces.of({"role": "assistant", "content": ""}))
        sent = ""
        try:
            async for step in steps:
                if isinstance(step, str):
                    sent += step
                    yield _event(pieces.of({"content": step}))
                elif isinstance(step, Turn):
                    for piece in pieces.end(step, sent):
                        yield _event(piece)
                    if request.stream_options and request.stream_options.include_usage:
                        yield _event(pieces.usage(step))
        except PlumbError as error:
            failed = error_of(problem_of(error, "/v1/chat/completions"))
            yield event(json.dumps(failed, ensure_ascii=False))
            return
    yield event("[DONE]")


def _event(piece: Chunk) -> bytes:
    return event(piece.model_dump_json(exclude_none=True))


@router.get("/models", responses=RESPONSES, summary="List models")
def list_models(parts: PartsDep) -> Models:
    """Each document set, with each alias of the answer prompt."""
    return models(parts)


@router.get("/models/{model:path}", responses=RESPONSES, summary="Look at a model")
def get_model(model: str, parts: PartsDep) -> Model:
    """One of them."""
    return model_of(parts, model)
