"""`/v1/sessions`: the caller's conversations."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from app.api.callers import CallerDep, ReaderAdmittedFirst
from app.api.dependencies import ReadAccessDep, SessionsDep
from app.api.problems import UNKNOWN_SESSION
from app.errors import UnknownSession
from app.sessions.session import Exchange, SessionSummary, check_session_id, readable

router = APIRouter(prefix="/v1/sessions", tags=["conversations"], route_class=ReaderAdmittedFirst)


class SessionList(BaseModel):
    """The caller's sessions, last spoken in first."""

    sessions: list[SessionSummary]


class SessionDetails(BaseModel):
    """What was said in a session, oldest first."""

    session_id: str
    exchanges: list[Exchange]


class SessionDeleted(BaseModel):
    """The session that is forgotten."""

    session_id: str


@router.get("", summary="List your conversations")
def list_sessions(sessions: SessionsDep, caller: CallerDep) -> SessionList:
    """Those of this caller; nobody sees another's."""
    return SessionList(sessions=sessions.list(caller.id))


@router.get("/{session_id}", responses=UNKNOWN_SESSION, summary="Read a conversation")
def read_session(
    session_id: str, sessions: SessionsDep, caller: CallerDep, access: ReadAccessDep
) -> SessionDetails:
    """Questions and answers, oldest first, without those that the caller may no longer see."""
    stored = sessions.history(caller.id, check_session_id(session_id))
    exchanges = readable(stored, caller, access)
    if not exchanges:
        raise _unknown(session_id)
    return SessionDetails(session_id=session_id, exchanges=exchanges)


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
