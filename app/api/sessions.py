"""`/v1/sessions`: the caller's conversations."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.api.callers import CallerDep, ReaderAdmittedFirst
from app.api.dependencies import ReadAccessDep, SessionsDep
from app.api.problems import UNKNOWN_SESSION
from app.errors import InvalidRequest, UnknownSession
from app.sessions.session import (
    Exchange,
    Title,
    check_session_id,
    origins_of,
    readable,
    readable_title,
    shortened,
)

router = APIRouter(prefix="/v1/sessions", tags=["conversations"], route_class=ReaderAdmittedFirst)


class SessionSummary(BaseModel):
    """A session as it is listed.

    Attributes:
        session_id: its id, which its owner chose.
        updated: when it was last spoken in, UTC.
        expires: when it will be forgotten unless it is spoken in again, UTC.
        title: what it is called: the first question, shortened, or what its owner chose. Empty where
            it has none, or may no longer be read.
    """

    session_id: str
    updated: datetime
    expires: datetime
    title: str = ""


class SessionList(BaseModel):
    """The caller's sessions, last spoken in first."""

    sessions: list[SessionSummary]


class SessionDetails(BaseModel):
    """What was said in a session, oldest first."""

    session_id: str
    exchanges: list[Exchange]


class Renaming(BaseModel):
    """What a session is to be called."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(max_length=500, description="The title; a long one is shortened.")


class SessionRenamed(BaseModel):
    """The session, and what it is called now."""

    session_id: str
    title: str


class SessionDeleted(BaseModel):
    """The session that is forgotten."""

    session_id: str


@router.get("", summary="List your conversations")
def list_sessions(sessions: SessionsDep, caller: CallerDep, access: ReadAccessDep) -> SessionList:
    """Those of this caller; nobody sees another's."""
    return SessionList(
        sessions=[
            SessionSummary(
                session_id=one.session_id,
                updated=one.updated,
                expires=one.expires,
                title=readable_title(one.title, caller, access),
            )
            for one in sessions.list(caller.id)
        ]
    )


@router.get("/{session_id}", responses=UNKNOWN_SESSION, summary="Read a conversation")
def read_session(
    session_id: str, sessions: SessionsDep, caller: CallerDep, access: ReadAccessDep
) -> SessionDetails:
    """Questions and answers, oldest first, without those that the caller may no longer see."""
    kept = sessions.history(caller.id, check_session_id(session_id))
    exchanges = readable(kept, caller, access)
    if not exchanges:
        raise _unknown(session_id)
    return SessionDetails(session_id=session_id, exchanges=exchanges)


@router.patch("/{session_id}", responses=UNKNOWN_SESSION, summary="Rename a conversation")
def rename_session(
    session_id: str, renaming: Renaming, sessions: SessionsDep, caller: CallerDep
) -> SessionRenamed:
    """Give it a title, in place of the one that it has."""
    text = shortened(renaming.title)
    if not text:
        raise InvalidRequest("title: it is empty; write what the conversation is about.")
    kept = sessions.history(caller.id, check_session_id(session_id))
    # The title may quote what was said: who may no longer read that does not read it either.
    title = Title(text=text, named=True, origins=origins_of(kept))
    if not sessions.rename(caller.id, session_id, title):
        raise _unknown(session_id)
    return SessionRenamed(session_id=session_id, title=text)


@router.delete("/{session_id}", responses=UNKNOWN_SESSION, summary="Forget a conversation")
def delete_session(session_id: str, sessions: SessionsDep, caller: CallerDep) -> SessionDeleted:
    """Forget all that was said in it."""
    if not sessions.delete(caller.id, check_session_id(session_id)):
        raise _unknown(session_id)
    return SessionDeleted(session_id=session_id)


def _unknown(session_id: str) -> UnknownSession:
    return UnknownSession(
        f"you have no session {session_id!r}; GET /v1/sessions lists those you have."
    )
