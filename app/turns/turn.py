"""A turn of a conversation: its request, its result, its failure."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, PrivateAttr

from app.answering.answer import Answer
from app.answering.follow_ups import EarlierTurn
from app.callers import Needs
from app.manifest import Manifest
from prompts.errors import PlumbError

CacheKind = Literal["exact", "semantic", "miss", "off"]


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """A question to a document set, perhaps within a conversation.

    Attributes:
        question: in words; may be a follow-up.
        document_set, filters, prompt, passages, index_version: see `AnswerService.prepare`.
        session_id: the conversation it belongs to, whose history Plumbline keeps, if any.
        history: of a conversation that the caller keeps, oldest first.
        conversation: the name of that conversation, if it has one.
        cached: False to answer again what the cache holds.
        answer_id: the id that the answer gets; None: a new one.
        previous_id: the stored answer that this question follows, where the caller named it;
            `history` comes from it then.
        history_needs, history_documents: what it takes to read that history, and the documents it
            was made from.
        replaces: id of an earlier answer of the conversation that Plumbline keeps: this question
            takes its place, and what came after it is forgotten. Until it is answered, all stays.
    """

    question: str
    document_set: str | None = None
    filters: dict[str, Any] = field(default_factory=dict)
    prompt: str | None = None
    passages: int | None = None
    index_version: str | None = None
    session_id: str | None = None
    history: tuple[EarlierTurn, ...] = ()
    conversation: str | None = None
    cached: bool = True
    answer_id: str | None = None
    previous_id: str | None = None
    history_needs: Needs = field(default_factory=list)
    history_documents: tuple[str, ...] = ()
    replaces: str | None = None


class Turn(Answer):
    """An answer with its question and what produced it.

    Attributes:
        id: of the answer.
        at: time of the answer, UTC.
        question: as the caller wrote it.
        standalone_question: the question that was searched for; a follow-up is condensed to it.
        session_id: the conversation it belongs to.
        cache: whether the answer comes from the cache: given to this very question (`exact`), to one
            with the same meaning (`semantic`), or new (`miss`); `off` without a cache.
        matched_question: the question that the `semantic` answer was first given to.
        notices: what the caller should know, in sentences.
        release: the release that shaped the answer; None where the service is pinned to none, or
            the request named another prompt version, index version or number of passages.
    """

    id: str
    at: datetime
    question: str
    standalone_question: str
    session_id: str | None = None
    cache: CacheKind = "off"
    matched_question: str | None = None
    notices: list[str] = Field(default_factory=list)
    release: str | None = None
    _answer: Answer = PrivateAttr()

    @classmethod
    def of(cls, answer: Answer, **fields: Any) -> Turn:
        """A turn that ends in this answer.

        Args:
            fields: the fields of the turn.
        """
        turn = cls(**vars(answer), **fields)
        turn._answer = answer
        return turn

    def as_answer(self) -> Answer:
        """The answer without the fields of the turn, such as the question."""
        return self._answer


@dataclass(frozen=True, slots=True)
class FailedTurn:
    """A turn that failed after its question was prepared.

    Attributes:
        error: the exception.
        manifest: of the prepared question.
        standalone_question: see `Turn`.
        release: see `Turn`.
        also_needs, also_documents: see `Turn`.
    """

    error: PlumbError
    manifest: Manifest
    standalone_question: str
    release: str | None = None
    also_needs: Needs = field(default_factory=list)
    also_documents: list[str] = field(default_factory=list)


def new_id() -> str:
    """A new answer's id, which nobody can guess."""
    return f"ans_{secrets.token_urlsafe(15)}"
