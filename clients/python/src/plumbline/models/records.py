"""What the service keeps for callers: answers, feedback, conversations, batches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from plumbline.models.answers import Answer, AnswerContent, Manifest, Model, Usage


class AnswerSummary(Model):
    """A stored answer in a list. `question` is None where the service keeps no texts."""

    id: str
    at: datetime
    caller: str
    document_set: str
    question: str | None = None
    session_id: str | None = None
    manifest_id: str
    prompt_version: str
    index_version: str
    model: str
    refused: bool
    cache: str | None = None
    degraded: bool = False
    usage: Usage | None = None
    cost: float | None = None
    error: str | None = None
    release: str | None = None


class Feedback(Model):
    """What one caller thinks of an answer; `thumb` is `up` or `down`."""

    at: datetime
    caller: str
    thumb: str
    reason: str | None = None
    corrected_answer: str | None = None


class StoredAnswer(AnswerSummary):
    """Where an answer came from, and what people thought of it.

    Attributes:
        answer: None where the answer failed; `error` says why.
        groups: the asker's groups; None: they saw all documents.
    """

    question_hash: str
    standalone_question: str | None = None
    filters: dict[str, Any]
    groups: list[str] | None = None
    answer: AnswerContent | None
    answer_hash: str | None
    manifest: Manifest
    prompt_hash: str
    timings_ms: dict[str, float]
    trace_id: str | None = None
    owner: str | None = None
    needs: list[list[str]] | None = None
    documents: list[str] | None = None
    feedback: list[Feedback]


# Conversations


class Session(Model):
    """A conversation; it is forgotten at `expires` unless it goes on."""

    session_id: str
    updated: datetime
    expires: datetime


class Exchange(Model):
    """One question of a conversation, with its answer; `documents` are those it cites."""

    at: datetime
    question: str
    standalone: str
    answer: str
    answer_id: str
    documents: list[str] = Field(default_factory=list)
    document_set: str | None = None


# Batches


class Batch(Model):
    """Many questions that are answered beside the service.

    Attributes:
        state: `queued`, `running`, `completed` (each question has a line), or `failed`.
        questions, answered, failed: how many there are, have an answer, have an error.
        until: when the token that it was made with ends, and with it the batch; None: there was none.
    """

    id: str
    state: str
    by: str
    document_set: str | None = None
    prompt: str | None = None
    questions: int
    answered: int
    failed: int
    created: datetime
    started: datetime | None = None
    ended: datetime | None = None
    error: str | None = None
    release: str | None = None
    until: datetime | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state not in ("queued", "running")


class BatchLineError(Model):
    """Why a question of a batch has no answer."""

    type: str
    message: str


class BatchLine(Model):
    """One question of a batch: with an answer, or with an error."""

    id: str
    question: str | None = None
    answer: Answer | None = None
    error: BatchLineError | None = None
