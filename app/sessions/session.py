"""A session, and the seam of what keeps sessions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from app.callers import Caller, Needs, together
from app.document_sets.read_access import ReadAccess
from app.errors import InvalidRequest

SESSION_ID = re.compile(r"^[A-Za-z0-9_.:-]{1,100}$")
LONGEST_TITLE = 80
# Control characters, and those that turn the direction of what stands around them.
UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


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


class Origin(BaseModel):
    """What a text of a session was made from in one document set; see `Exchange`."""

    model_config = ConfigDict(frozen=True)

    needs: Needs | None
    document_set: str | None
    sources: list[str]


class Title(BaseModel):
    """What a session is called.

    Attributes:
        text: the words, on one line; empty: it has no title.
        named: whether its owner chose it; else it is the first question, shortened.
        origins: what the words may come from: who may no longer read all of it does not read them.
    """

    model_config = ConfigDict(frozen=True)

    text: str = ""
    named: bool = False
    origins: list[Origin] = Field(default_factory=list)


class KeptSession(BaseModel):
    """A session as it is listed.

    Attributes:
        session_id: its id, which its owner chose.
        updated: when it was last spoken in, UTC.
        expires: when it will be forgotten unless it is spoken in again, UTC.
        title: what it is called.
    """

    model_config = ConfigDict(frozen=True)

    session_id: str
    updated: datetime
    expires: datetime
    title: Title = Title()


class Sessions(Protocol):
    """Keeps sessions by owner and id, for a time. Safe to share between threads.

    An owner is a caller's id. Each has so many sessions, and there are so many in all: an owner with
    too many loses those that were silent longest, and where there are too many in all, the owner
    with the most loses one. So nobody's sessions push out those of somebody with fewer.

    Who reads holds each exchange against what the caller may see now. Everything may raise `SessionsUnavailable`.
    """

    def history(self, owner: str, session_id: str) -> list[Exchange]:
        """What was said, oldest first; nothing for a session that is not there."""

    def append(
        self, owner: str, session_id: str, exchange: Exchange, replaces: str | None = None
    ) -> None:
        """Add to a session, and begin it where it is not there; its time starts again.

        Args:
            replaces: id of an answer of the session: its exchange, and what came after it, are
                forgotten. One that is not there changes nothing.
        """

    def list(self, owner: str, limit: int | None = None) -> list[KeptSession]:
        """The owner's sessions, the most recently used first; at most `limit` of them."""

    def rename(self, owner: str, session_id: str, title: Title) -> bool:
        """Give a session a title; False if it is not there."""

    def delete(self, owner: str, session_id: str) -> bool:
        """Forget a session; False if it is not there."""

    def close(self) -> None:
        """Close connections."""


def before(exchanges: Iterable[Exchange], answer_id: str | None) -> list[Exchange]:
    """The exchanges before the one with this answer; all where none has it."""
    found = list(exchanges)
    place = next((i for i, one in enumerate(found) if one.answer_id == answer_id), len(found))
    return found[:place]


def title_of(exchange: Exchange) -> Title:
    """The title of a session that begins with this exchange: its question, shortened."""
    return Title(text=shortened(exchange.question), origins=origins_of([exchange]))


def origins_of(exchanges: Iterable[Exchange]) -> list[Origin]:
    """What these exchanges were made from, set by set."""
    by_set: dict[str | None, list[Exchange]] = {}
    for one in exchanges:
        by_set.setdefault(one.document_set, []).append(one)
    return [
        Origin(
            # One that nobody noted makes the whole unknown.
            needs=None
            if any(one.needs is None for one in of_set)
            else together(*(one.needs or () for one in of_set)),
            document_set=name,
            sources=sorted({document for one in of_set for document in one.made_from}),
        )
        for name, of_set in by_set.items()
    ]


def readable_title(title: Title, caller: Caller, access: ReadAccess) -> str:
    """A title's words; empty where its owner may no longer read what they may come from.

    Raises:
        As `ReadAccess.allows`.
    """
    may_read = all(
        access.allows(caller, one.needs, one.document_set, one.sources) for one in title.origins
    )
    return title.text if may_read else ""


def shortened(text: str) -> str:
    """A text on one line, cut at a word where it is longer than a title."""
    line = " ".join(UNPRINTED.sub(" ", text).split())
    if len(line) <= LONGEST_TITLE:
        return line
    cut = line[: LONGEST_TITLE - 1]
    at_word = cut.rpartition(" ")[0]
    return f"{at_word if len(at_word) > LONGEST_TITLE // 2 else cut}…"


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
