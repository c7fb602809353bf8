"""A turn, as it is asked for and as it ends."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from app.answering.answer import Answer
from app.answering.follow_ups import EarlierTurn
from app.callers import Needs
from app.manifest import Manifest
from prompts.errors import PlumbError

CacheKind = Literal["exact", "semantic", "miss", "off"]


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """What is asked.

    Attributes:
        question: in words; may be a follow-up.
        document_set, filters, prompt, passages, index_version: see `AnswerService.prepare`.
        session_id: the conversation it belongs to, whose history Plumbline keeps; None for none.
        said: a conversation whose history the caller keeps, oldest first.
        conversation: what names that conversation; None where nothing does.
        cached: False to have it answered anew.
    """

    question: str
    document_set: str | None = None
    filters: dict[str, Any] = field(default_factory=dict)
    prompt: str | None = None
    passages: int | None = None
    index_version: str | None = None
    session_id: str | None = None
    said: tuple[EarlierTurn, ...] = ()
    conversation: str | None = None
    cached: bool = True


class Turn(Answer):
    """An answer, and how it came about.

    Attributes:
        id: names the answer.
        at: when it was answered, UTC.
        question: the question as it was asked.
        standalone_question: what a follow-up was condensed to; what was searched for.
        session_id: the conversation it belongs to.
        cache: whether it was answered before: to this very question (`exact`), to one that asks
            the same (`semantic`), or not (`miss`); `off` where no cache was asked.
        matched_question: the question that a `semantic` answer was given to.
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

    def as_answer(self) -> Answer:
        """The answer without what is said of the turn, the question above all."""
        return Answer.model_construct(**{name: getattr(self, name) for name in Answer.model_fields})


@dataclass(frozen=True, slots=True)
class FailedTurn:
    """A turn whose question was fit to be answered, and was not.

    Attributes:
        error: what was raised instead of an answer.
        manifest: of what it was to be answered with.
        standalone_question: what was to be searched for.
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
    """An answer's id: nobody can guess another one's."""
    return f"ans_{secrets.token_urlsafe(15)}"
