"""Conversations on pages: their list, what was said in one, and files of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from app.api.callers import READER, CallerDep
from app.api.dependencies import AnswerLogDep, ReadAccessDep, SessionsDep
from app.callers import Caller
from app.document_sets.read_access import ReadAccess
from app.errors import SessionsUnavailable, StoreUnavailable, UnknownSession, message_for_readers
from app.lineage.answer_store import AnswerLog, Judged
from app.sessions.session import (
    Exchange,
    Sessions,
    check_session_id,
    readable,
    readable_title,
)
from app.web.answer_markdown import escaped
from app.web.answer_view import TurnView, view_of_stored
from app.web.pages import PageRoute, pages_of
from prompts.errors import PlumbError

logger = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False, route_class=PageRoute, dependencies=READER)
# Conversations that the list at the side shows.
LISTED = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in the list."""

    session_id: str
    title: str
    updated: datetime


@dataclass(frozen=True, slots=True)
class Conversations:
    """The list of a caller's conversations.

    Attributes:
        listed: the newest first.
        has_older: whether there are more.
        problem: why they cannot be had; empty where they can.
    """

    listed: list[Listed]
    has_older: bool = False
    problem: str = ""


@router.get("/chat/{session_id}/export")
def export(
    request: Request,
    session_id: str,
    caller: CallerDep,
    sessions: SessionsDep,
    access: ReadAccessDep,
    log: AnswerLogDep,
    format: Literal["markdown", "json"] = "markdown",
) -> Response:
    """The conversation as a file, without what the caller may no longer read."""
    kept = readable(sessions.history(caller.id, check_session_id(session_id)), caller, access)
    if not kept:
        raise unknown()
    listed = listed_of(sessions, caller, access).listed
    title = title_of(sessions, session_id, listed, caller, access)
    name = f"conversation-{kept[0].at:%Y-%m-%d}.{'md' if format == 'markdown' else 'json'}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    if format == "markdown":
        turns, _ = turns_of(kept, log, caller)
        text = "\n---\n\n".join(turn.markdown for turn in turns if turn is not None)
        heading = f"# {escaped(title)}\n\n" if title else ""
        return Response(heading + text, media_type="text/markdown; charset=utf-8", headers=headers)
    stored = log.judged([one.answer_id for one in kept], caller)
    content = {
        "session_id": session_id,
        "title": title,
        "exported_at": datetime.now(UTC).isoformat(),
        "exchanges": [_exported(one, stored) for one in kept],
    }
    return Response(
        json.dumps(content, ensure_ascii=False, indent=2),
        media_type="application/json",
        headers=headers,
    )


@router.get("/conversations")
def conversations(
    request: Request,
    caller: CallerDep,
    sessions: SessionsDep,
    access: ReadAccessDep,
    current: Annotated[str, Query(max_length=100)] = "",
    all: bool = False,
) -> Response:
    """The list of conversations, as a piece of the page."""
    found = listed_of(sessions, caller, access, all=all)
    return pages_of(request).render(
        request, "chat/conversations.html", conversations=found, session_id=current
    )


def listed_of(
    sessions: Sessions, caller: Caller, access: ReadAccess, *, all: bool = False
) -> Conversations:
    """The caller's conversations: the newest, or all."""
    most = None if all else LISTED
    try:
        kept = sessions.list(caller.id, None if most is None else most + 1)
        return Conversations(
            [
                Listed(one.session_id, readable_title(one.title, caller, access), one.updated)
                for one in kept[:most]
            ],
            has_older=most is not None and len(kept) > most,
        )
    except PlumbError as error:
        if not isinstance(error, SessionsUnavailable):
            logger.warning("conversations cannot be listed: %s", error)
        return Conversations([], problem=message_for_readers(error))


def title_of(
    sessions: Sessions,
    session_id: str,
    listed: list[Listed],
    caller: Caller,
    access: ReadAccess,
) -> str:
    """What a conversation is called; empty where nothing may be shown.

    Raises:
        SessionsUnavailable: it cannot be read.
    """
    found = next((one.title for one in listed if one.session_id == session_id), None)
    if found is not None:
        return found
    every = sessions.list(caller.id)
    one = next((one for one in every if one.session_id == session_id), None)
    return readable_title(one.title, caller, access) if one else ""


def turns_of(
    exchanges: Sequence[Exchange | None], log: AnswerLog, caller: Caller
) -> tuple[list[TurnView | None], str]:
    """What the page shows of each, and why something is missing; empty where nothing is."""
    problem = ""
    try:
        stored = log.judged([one.answer_id for one in exchanges if one], caller)
    except StoreUnavailable as error:
        stored, problem = {}, message_for_readers(error)
    turns = [
        None if one is None else view_of_stored(one, stored.get(one.answer_id)) for one in exchanges
    ]
    return turns, problem


def _exported(exchange: Exchange, stored: dict[str, Judged]) -> dict[str, Any]:
    exported: dict[str, Any] = exchange.model_dump(
        mode="json", include={"at", "question", "standalone", "answer", "answer_id", "document_set"}
    )
    found = stored.get(exchange.answer_id)
    if found is not None and found.record.answer is not None:
        record, answer = found.record, found.record.answer
        exported |= {
            "refused": answer.refused,
            "citations": [one.model_dump(mode="json") for one in answer.citations],
            "manifest_id": record.manifest_id,
            "prompt_version": record.prompt_version,
            "index_version": record.index_version,
            "model": record.model,
        }
    return exported


def unknown() -> UnknownSession:
    """What is raised where the caller has no such conversation."""
    return UnknownSession(
        "you have no such conversation. It was deleted, or removed after a long time without questions."
    )
