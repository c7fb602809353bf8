"""`/v1/responses`: answers as OpenAI's Responses API has them, streamed and stored ones too."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from functools import partial
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Body
from fastapi.responses import StreamingResponse

from app.api.callers import AnsweringRoute, CallerDep, ReaderAdmittedFirst
from app.api.dependencies import AnswerLogDep, TurnsDep
from app.api.openai_chat import STREAMED
from app.api.openai_errors import RESPONSES
from app.api.problems import problem_of
from app.api.sse import EventStream, event
from app.callers import Caller
from app.errors import UnknownAnswer, recorded_message_for_readers
from app.lineage.answer_store import AnswerLog
from app.lineage.record import AnswerRecord
from app.openai_api.response import Response, ResponseDeleted, response_of, stored_response
from app.openai_api.response_events import Event, ResponseEvents
from app.openai_api.response_request import ResponseId, ResponseRequest, turn_request
from app.turns.turn import Turn, new_id
from app.turns.turns import TurnStep
from prompts.errors import PlumbError

router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"], route_class=AnsweringRoute)
stored = APIRouter(prefix="/v1", tags=["OpenAI-compatible"], route_class=ReaderAdmittedFirst)
PATH = "/v1/responses"


@router.post("/responses", response_model=Response, responses=STREAMED, summary="Create a response")
async def create(
    request: Annotated[ResponseRequest, Body()],
    turns: TurnsDep,
    log: AnswerLogDep,
    caller: CallerDep,
) -> Response | StreamingResponse:
    """Answer the input from the documents.

    `model` is as in `POST /v1/chat/completions`. Citations are annotations of the text, of the type
    `url_citation`, with their offsets in it. `previous_response_id` continues a conversation.
    `instructions` and sampling parameters are left aside: they belong to the prompt's version.
    """
    before = request.previous_response_id
    tag = None if before is None else ResponseId.parse(before).tag
    response_id = ResponseId.new(new_id(), tag)
    # Nobody can ask for a response by an id that no answer has.
    shown_id = str(response_id if request.is_stored else ResponseId.new(new_id(), tag))
    earlier = partial(_conversation, log, caller)
    asked = await run_sync(turn_request, request, response_id, earlier)
    if not request.stream:
        return response_of(await run_sync(turns.take, asked, caller), request, shown_id)
    steps = turns.stream(asked, caller)
    await anext(steps)  # what is wrong with the question comes out here, as any error
    return EventStream(_events(steps, ResponseEvents(request, shown_id)), steps)


@stored.get("/responses/{response_id}", responses=RESPONSES, summary="Read a response")
def read(response_id: str, log: AnswerLogDep, caller: CallerDep) -> Response:
    """A response of the caller's, as long as its answer is stored."""
    asked_for = ResponseId.parse(response_id)
    record = _stored(log, asked_for, response_id, caller)
    return stored_response(record, asked_for, recorded_message_for_readers(record.error))


@stored.delete("/responses/{response_id}", responses=RESPONSES, summary="Forget a response")
def delete(response_id: str, log: AnswerLogDep, caller: CallerDep) -> ResponseDeleted:
    """Forget a response: its answer, with what people thought of it."""
    asked_for = ResponseId.parse(response_id)
    _stored(log, asked_for, response_id, caller)
    log.delete(asked_for.answer_id, caller)
    return ResponseDeleted(id=response_id)


def _conversation(log: AnswerLog, caller: Caller, answer_id: str, most: int) -> list[AnswerRecord]:
    try:
        return log.conversation(answer_id, caller, most)
    except UnknownAnswer as error:
        raise _unknown("previous_response_id: no such response") from error


def _stored(log: AnswerLog, asked_for: ResponseId, given: str, caller: Caller) -> AnswerRecord:
    try:
        return log.get(asked_for.answer_id, caller)
    except UnknownAnswer as error:
        raise _unknown(f"no response {given!r}") from error


def _unknown(what: str) -> UnknownAnswer:
    return UnknownAnswer(
        f"{what} of yours is stored; responses are forgotten after store.keep_days, are hidden from "
        "callers who may not see their documents any more, and one that was asked for with store: "
        "false is not stored."
    )


async def _events(steps: AsyncGenerator[TurnStep], events: ResponseEvents) -> AsyncGenerator[bytes]:
    """Words as they come; at the end the citations, and what their check says."""
    async with aclosing(steps):
        for piece in _sent(events.begin()):
            yield piece
        try:
            async for step in steps:
                if isinstance(step, str):
                    for piece in _sent([events.word(step)] if step else []):
                        yield piece
                elif isinstance(step, Turn):
                    for piece in _sent(events.end(step)):
                        yield piece
        except PlumbError as error:
            problem = problem_of(error, PATH)
            for piece in _sent([events.fail("server_error", problem.detail)]):
                yield piece


def _sent(events: Iterable[Event]) -> Iterable[bytes]:
    for one in events:
        yield event(json.dumps(one, ensure_ascii=False), one["type"])
