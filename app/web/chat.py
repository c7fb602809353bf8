"""The chat: its page, its conversations, and answers as they come."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

from anyio.to_thread import run_sync
from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.callers import READER, AnsweringRoute, CallerDep, identified
from app.api.dependencies import AnswerLogDep, PartsDep, ReadAccessDep, SessionsDep, TurnsDep
from app.api.problems import problem_of
from app.api.sse import EventStream, event
from app.callers import Caller
from app.errors import (
    AccessError,
    ConversationWentOn,
    SessionsUnavailable,
    message_for_administrators,
    message_for_readers,
)
from app.sessions.session import Sessions, check_session_id, readable
from app.turns.turn import Turn, TurnRequest
from app.turns.turns import NOT_KEPT, TurnStep
from app.web.answer_view import TurnView, view_of_turn
from app.web.conversations import listed_of, title_of, turns_of, unknown
from app.web.pages import PageRoute, pages_of
from app.web.suggested_questions import PATIENT_S, WAIT_S, SuggestedQuestions
from app.wiring import Parts
from prompts.errors import PlumbError
from prompts.versions.variables import ANSWER

logger = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False, route_class=PageRoute, dependencies=READER)
asking = APIRouter(include_in_schema=False, route_class=AnsweringRoute)

SET_COOKIE, PROMPT_COOKIE = "plumb_set", "plumb_prompt"


class Question(BaseModel):
    """A question, as the page sends it.

    Attributes:
        question: in words.
        session_id: the conversation it belongs to.
        document_set: the set to ask; None: the only one.
        prompt: an alias of the prompt `answer`; None: the setting's.
        replaces: id of the answer whose question this one takes the place of.
        again: True to compute the answer again, though the cache has one.
    """

    model_config = ConfigDict(extra="forbid")

    question: str
    session_id: str
    document_set: str | None = None
    prompt: str | None = None
    replaces: str | None = Field(default=None, max_length=100)
    again: bool = False


@dataclass(slots=True)
class Choice:
    """What can be asked.

    Attributes:
        sets: names of the sets of which the caller sees something.
        chosen: the one that is asked.
        aliases: of the prompt `answer`, by set.
        alias: the chosen one; empty: the setting's.
        problem: why nothing can be asked; empty where something can.
        hidden: how many sets there are of which the caller sees nothing.
    """

    sets: list[str] = field(default_factory=list)
    chosen: str = ""
    aliases: dict[str, list[str]] = field(default_factory=dict)
    alias: str = ""
    problem: str = ""
    hidden: int = 0


@router.get("/")
def new_chat(
    request: Request,
    parts: PartsDep,
    caller: CallerDep,
    sessions: SessionsDep,
    access: ReadAccessDep,
    document_set: Annotated[str | None, Query(max_length=63)] = None,
) -> Response:
    """A conversation that has not begun."""
    choice = _choice(request, parts, caller, document_set)
    return pages_of(request).render(
        request,
        "chat.html",
        session_id="",
        title="",
        turns=[],
        choice=choice,
        conversations=listed_of(sessions, caller, access),
        notice="",
        suggested=_suggested(request, choice.chosen, caller),
    )


@router.get("/chat/{session_id}")
def conversation(
    request: Request,
    session_id: str,
    parts: PartsDep,
    caller: CallerDep,
    sessions: SessionsDep,
    access: ReadAccessDep,
    log: AnswerLogDep,
) -> Response:
    """A conversation that is kept; of what the caller may no longer read, only that it was there."""
    check_session_id(session_id)
    listed = listed_of(sessions, caller, access)
    turns: list[TurnView | None] = []
    title, notice, last_set = "", listed.problem, None
    if not listed.problem:
        kept = sessions.history(caller.id, session_id)
        if not kept:
            raise unknown()
        seen = {id(one) for one in readable(kept, caller, access)}
        turns, problem = turns_of([one if id(one) in seen else None for one in kept], log, caller)
        notice = problem
        last_set = next((one.document_set for one in reversed(kept) if id(one) in seen), None)
        title = title_of(sessions, session_id, listed.listed, caller, access)
    return pages_of(request).render(
        request,
        "chat.html",
        503 if listed.problem else 200,
        session_id=session_id,
        title=title,
        turns=turns,
        choice=_choice(request, parts, caller, last_set),
        conversations=listed,
        notice=notice,
        suggested=(),
    )


@router.get("/suggestions")
def suggestions(
    request: Request, caller: CallerDep, document_set: Annotated[str, Query(max_length=63)]
) -> Response:
    """Questions to begin with, as a piece of the page."""
    suggested = _suggested(request, document_set, caller, PATIENT_S)
    return pages_of(request).render(request, "chat/suggestions.html", suggested=suggested)


@asking.post("/chat/ask")
async def ask(
    request: Request,
    question: Annotated[Question, Body()],
    turns: TurnsDep,
    caller: CallerDep,
    sessions: SessionsDep,
) -> Response:
    """Answer step by step, as server-sent events.

    `passages` says how many are read, `token` brings words, `answer` the whole answer as markup that
    takes their place, and `error` a problem detail.

    Raises:
        ConversationWentOn: what is to be replaced is not the newest answer any more.
    """
    if question.replaces is not None:
        await run_sync(_check_newest, sessions, caller, question)
    asked = TurnRequest(
        question=question.question,
        document_set=question.document_set or None,
        prompt=question.prompt or None,
        session_id=check_session_id(question.session_id),
        replaces=question.replaces,
        cached=not question.again,
    )
    steps = turns.stream(asked, caller)
    # What is wrong with the question comes out before the first step, and is an error as any.
    first = await anext(steps)
    return EventStream(_events(request, first, steps), steps)


async def _events(
    request: Request, first: TurnStep, steps: AsyncGenerator[TurnStep]
) -> AsyncGenerator[bytes]:
    async with aclosing(steps):
        yield await _event(request, first)
        try:
            async for step in steps:
                yield await _event(request, step)
        except PlumbError as error:
            problem = problem_of(error, "/chat/ask").model_dump()
            if isinstance(error, AccessError):
                problem["retry_after"] = error.retry_after_s
            yield event(json.dumps(problem), "error")


async def _event(request: Request, step: TurnStep) -> bytes:
    if isinstance(step, str):
        return event(json.dumps({"text": step}, ensure_ascii=False), "token")
    if isinstance(step, Turn):
        answered = await run_sync(_answered, request, step)
        return event(json.dumps(answered, ensure_ascii=False), "answer")
    return event(json.dumps({"count": len(step)}), "passages")


def _check_newest(sessions: Sessions, caller: Caller, question: Question) -> None:
    """Refuse to replace an answer that others follow: they would be lost with it."""
    try:
        kept = sessions.history(caller.id, check_session_id(question.session_id))
    except SessionsUnavailable:
        return  # nothing can be replaced either
    ids = [one.answer_id for one in kept]
    if question.replaces in ids[:-1]:
        raise ConversationWentOn(
            "this conversation went on in another window; reload the page, then change the last question."
        )


def _answered(request: Request, turn: Turn) -> dict[str, Any]:
    view = view_of_turn(turn)
    kept = NOT_KEPT not in turn.notices and turn.session_id is not None
    return {
        "id": turn.id,
        "html": pages_of(request).text(request, "chat/turn.html", turn=view),
        "kept": kept,
        "exchanges": _exchanges(request, turn.session_id or "") if kept else 0,
        "sources": len(view.sources),
        "refused": turn.refused,
    }


def _exchanges(request: Request, session_id: str) -> int:
    """How many exchanges a conversation has; 0 where it cannot be read."""
    sessions: Sessions = request.app.state.sessions
    try:
        return len(sessions.history(identified(request).id, session_id))
    except SessionsUnavailable:
        return 0


def _choice(request: Request, parts: Parts, caller: Caller, wanted: str | None) -> Choice:
    """What the caller can ask, and what of it is chosen: by the address, the cookie, or the first."""
    choice = Choice()
    suggesting = _suggesting(request)
    try:
        names = parts.sets.names()
        choice.sets = [name for name in names if suggesting.sees_any(name, caller)]
        choice.hidden = len(names) - len(choice.sets)
        choice.aliases = {name: sorted(parts.prompts.aliases(ANSWER, name)) for name in choice.sets}
    except PlumbError as error:
        logger.warning("the chat cannot list the document sets: %s", error)
        shown = message_for_administrators if caller.may("admin") else message_for_readers
        choice.problem = shown(error)
        return choice
    named = [wanted, request.cookies.get(SET_COOKIE), *choice.sets]
    choice.chosen = next((name for name in named if name in choice.sets), "") or ""
    alias = request.cookies.get(PROMPT_COOKIE, "")
    choice.alias = alias if alias in choice.aliases.get(choice.chosen, ()) else ""
    return choice


def _suggesting(request: Request) -> SuggestedQuestions:
    return cast("SuggestedQuestions", request.app.state.suggested_questions)


def _suggested(
    request: Request, set_name: str, caller: Caller, wait_s: float = WAIT_S
) -> tuple[str, ...] | None:
    """Questions to begin with; None: they are not ready yet."""
    if not set_name:
        return ()
    texts = pages_of(request).texts
    try:
        found = _suggesting(request).of(set_name, caller, wait_s)
    except PlumbError as error:
        logger.warning("no questions to begin with: %s", error)
        return ()
    if found is None:
        return None
    return tuple(
        texts(f"chat.suggest_{one.form}", title=one.title, heading=one.heading) for one in found
    )
