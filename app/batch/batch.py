"""A batch that the service keeps: what its owner sees of it."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

BATCH_ID = re.compile(r"batch_[A-Za-z0-9_-]{20}")
BatchState = Literal["queued", "running", "completed", "failed"]


class Batch(BaseModel):
    """A batch of questions.

    Attributes:
        id: names it.
        state: `completed`: every question has a line, be it an error; `failed`: the batch itself
            cannot go on, and `error` says why; its lines so far stay, and its owner can resume it.
        by: who made it, in whose name and with whose groups its questions are asked.
        document_set, prompt: for questions that name none.
        questions: how many there are.
        answered, failed: how many of them have an answer, and an error.
        created, started, ended: when, in UTC.
        error: why the batch failed, and the mend.
        release: the release that accepted it; only processes that serve it answer it. None: any
            process that serves none does.
        until: when the token that it was made or resumed with ends, in UTC; no question is asked after
            that. None: it was made without a token.
    """

    id: str
    state: BatchState
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


class BatchPage(BaseModel):
    """Some batches, newest first.

    Attributes:
        batches: the batches.
        next: what to give as `after` for those that follow; None: there are none.
    """

    batches: list[Batch]
    next: str | None = None


def new_batch_id() -> str:
    """A batch's id: nobody can guess another one's."""
    return f"batch_{secrets.token_urlsafe(15)}"


def state_of(started: datetime | None, ended: datetime | None, error: str | None) -> BatchState:
    """The state that these make."""
    if ended is not None:
        return "completed" if error is None else "failed"
    return "queued" if started is None else "running"
