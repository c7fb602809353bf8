"""The tables of batches and their questions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables import Table, UtcTime

# A missing value is NULL, not the JSON text `null`.
Json = JSON(none_as_null=True)


class BatchRow(Table):
    """A batch.

    Attributes:
        caller, role, groups: in whose name it is asked.
        owner: the id of who made it; NULL in rows of code that did not know ids.
        until: when the token that it was made with ends; NULL: it was made with none.
        per_minute: questions a minute that its caller's batches may ask together; 0: no limit.
        starts: how often it was begun since it last got on.
        seen: the last sign of life of the process that begins or answers it.
        release: the release that it is answered under; NULL: by what is live.
    """

    __tablename__ = "batches"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    caller: Mapped[str] = mapped_column(index=True)
    owner: Mapped[str | None] = mapped_column(index=True)
    role: Mapped[str] = mapped_column(String(10))
    groups: Mapped[list[str] | None] = mapped_column(Json)
    document_set: Mapped[str | None]
    prompt: Mapped[str | None]
    per_minute: Mapped[int]
    created: Mapped[datetime] = mapped_column(UtcTime, index=True)
    started: Mapped[datetime | None] = mapped_column(UtcTime)
    ended: Mapped[datetime | None] = mapped_column(UtcTime)
    error: Mapped[str | None]
    starts: Mapped[int]
    seen: Mapped[datetime] = mapped_column(UtcTime)
    release: Mapped[str | None]
    until: Mapped[datetime | None] = mapped_column(UtcTime)


class BatchQuestionRow(Table):
    """A question of a batch, and the line of its answer once there is one.

    Attributes:
        number: its place, from 1.
        question: a `BatchQuestion`.
        outcome: `answered` or `failed`.
        line: `{"id", "question", "answer"}`, or `error` for `answer`.
    """

    __tablename__ = "batch_questions"

    batch_id: Mapped[str] = mapped_column(
        ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    question: Mapped[dict[str, Any]] = mapped_column(Json)
    outcome: Mapped[str | None] = mapped_column(String(10))
    line: Mapped[dict[str, Any] | None] = mapped_column(Json)
