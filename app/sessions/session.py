"""A session, and the seam of what keeps sessions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from app.callers import Caller, Needs
from app.document_sets.read_access import ReadAccess
from app.errors import InvalidRequest

SESSION_ID = re.compile(r"^[A-Za-z0-9_.:-]{1,100}$")


class Exchange(BaseModel):
    """One question of a conversation, with its answer.

    Attributes:
        at: when it was answered, UTC.
        question: as it was asked.
        standalone: what it was condensed to, so that it can be understood without the conversation.
        answer: the answer's text.
        answer_id: the answer's id.
        documents: ids of the documents that were cited.
        needs: who may read it, see `Caller.meets`; None: nobody noted it.
        document_set: the set that was asked; None: nobody noted it.
        sources: ids of all documents that the answer and the question were made from; None: nobody
            noted them.
    """

    model_config = ConfigDict(frozen=True)

    at: datetime
    question: str
    standalone: str
    answer: str
    answer_id: str
    documents: list[str] = Field(default_factory=list)
    needs: Needs | None = None
    document_set: str | None = None
    sources: list[str] | None = None

    @property
    def made_from(self) -> list[str]:
        """The documents that it was made from; where nobody noted them, those that it cites."""
        return self.documents if self.sources is None else self.sources


class SessionSummary(BaseModel):
    """A session as it is listed.

    Attributes:
        session_id: its id, which its owner chose.
        updated: when it was last spoken in, UTC.
        expires: when it will be forgotten unless it is spoken in again, UTC.
    """

    session_id: str
    updated: datetime
    expires: datetime


class Sessions(Protocol):
    """Keeps sessions by owner and id, for a time. Safe to share between threads.

    An owner is a caller's id. Each has so many sessions, and there are so many in all: an owner with
    too many loses those that were silent longest, and where there are too many in all, the owner
    with the most loses one. So nobody's sessions push out those of somebody with fewer.

    Who reads holds each exchange against what the caller may see now. Everything may raise `SessionsUnavailable`.
    """

    def history(self, owner: str, session_id: str) -> list[Exchange]:
        """What was said, oldest first; nothing for a session that is not there."""

    def append(self, owner: str, session_id: str, exchange: Exchange) -> None:
        """Add to a session, and begin it where it is not there; its time starts again."""

    def list(self, owner: str) -> list[SessionSummary]:
        """The owner's sessions, last spoken in first."""

    def delete(self, owner: str, session_id: str) -> bool:
        """Forget a session; False if it is not there."""

    def close(self) -> None:
        """Close connections."""


def readable(exchanges: Iterable[Exchange], caller: Caller, access: ReadAccess) -> list[Exchange]:
    """The exchanges that their owner may still read.

    Raises:
        As `ReadAccess.allows`.
    """
    return [
        one
        for one in exchanges
        if access.allows(caller, one.needs, one.document_set, one.made_from)
    ]


def check_session_id(session_id: str) -> str:
    """A session's id, as callers may choose it.

    Raises:
        InvalidRequest: it is not valid.
    """
    if not SESSION_ID.fullmatch(session_id):
        raise InvalidRequest(
            f"session_id: {session_id[:100]!a} cannot be one; use 1 to 100 letters, digits, or any "
            "of _ . : -"
        )
    return session_id
