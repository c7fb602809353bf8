"""Stored answers and conversations."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from plumbline.calls import NOTHING, Call, Item, Read, Steps, given, path, whole
from plumbline.errors import ConfigurationError
from plumbline.models.answers import Model
from plumbline.models.records import AnswerSummary, Exchange, Feedback, Session, StoredAnswer

ANSWERS, SESSIONS = "/v1/answers", "/v1/sessions"
PAGE = 100


class AnswerPage(Model):
    """Some answers, and what to give as `after` for those that follow."""

    answers: list[AnswerSummary]
    next: str | None = None


class SessionList(Model):
    """The caller's conversations."""

    sessions: list[Session]


class SessionDetails(Model):
    """One conversation."""

    session_id: str
    exchanges: list[Exchange]


def list_answers(
    *,
    document_set: str | None = None,
    refused: bool | None = None,
    release: str | None = None,
    since: datetime | None = None,
) -> Steps[AnswerSummary]:
    """Your stored answers, newest first, page by page as you take them.

    Args:
        document_set: only of this set.
        refused: True: only refusals; False: only what is none.
        release: only what this release shaped.
        since: only from this time on, with its zone.
    """
    if since is not None and since.tzinfo is None:
        raise ConfigurationError("since: has no zone; give one, for example datetime.UTC.")
    asked = given(
        document_set=document_set,
        refused=refused,
        release=release,
        since=None if since is None else since.isoformat(),
        limit=PAGE,
    )
    return _answers(asked)


def _answers(asked: dict[str, str | int | bool]) -> Steps[AnswerSummary]:
    while True:
        page = yield Call("GET", ANSWERS, whole(AnswerPage), query=asked, repeatable=True)
        for answer in page.answers:
            yield Item(answer)
        if not page.next:
            return
        asked = {**asked, "after": page.next}


def get_answer(answer_id: str) -> Call[StoredAnswer]:
    """Where an answer came from: passages, versions, times, cost, feedback."""
    at = path(ANSWERS + "/{answer_id}", answer_id=answer_id)
    return Call("GET", at, whole(StoredAnswer), repeatable=True)


def give_feedback(
    answer_id: str,
    thumb: Literal["up", "down"],
    *,
    reason: str | None = None,
    corrected_answer: str | None = None,
) -> Call[Feedback]:
    """Say what you think of an answer, in place of what you said before.

    Args:
        answer_id: the answer's id.
        thumb: `up`: it helped; `down`: it did not.
        reason: why, in words.
        corrected_answer: what it should have said.
    """
    at = path(ANSWERS + "/{answer_id}/feedback", answer_id=answer_id)
    said = given(thumb=thumb, reason=reason, corrected_answer=corrected_answer)
    return Call("POST", at, whole(Feedback), json=said, repeatable=True)


def delete_answer(answer_id: str) -> Call[None]:
    """Forget an answer, with what people thought of it."""
    at = path(ANSWERS + "/{answer_id}", answer_id=answer_id)
    return Call("DELETE", at, NOTHING, repeatable=True)


def list_sessions() -> Call[list[Session]]:
    """Your conversations, last spoken in first."""
    return Call("GET", SESSIONS, Read(SessionList, lambda found: found.sessions), repeatable=True)


def get_session(session: str) -> Call[list[Exchange]]:
    """What was said in a conversation, oldest first."""
    at = path(SESSIONS + "/{session}", session=session)
    return Call("GET", at, Read(SessionDetails, lambda found: found.exchanges), repeatable=True)


def delete_session(session: str) -> Call[None]:
    """Forget all that was said in a conversation."""
    at = path(SESSIONS + "/{session}", session=session)
    return Call("DELETE", at, NOTHING, repeatable=True)
