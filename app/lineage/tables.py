"""The tables of answers and feedback."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables import Table, UtcTime

# A missing value is NULL, not the JSON text `null`.
Json = JSON(none_as_null=True)


class AnswerRow(Table):
    """An answer as it was given; the fields are those of `AnswerRecord`.

    `owner`, `needs` and `documents` are NULL in rows of code that did not know them.
    """

    __tablename__ = "answers"
    __table_args__ = (Index("ix_answers_owner_at", "owner", "at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    caller: Mapped[str]
    owner: Mapped[str | None]
    needs: Mapped[list[list[str]] | None] = mapped_column(Json)
    documents: Mapped[list[str] | None] = mapped_column(Json)
    document_set: Mapped[str]
    question: Mapped[str | None]
    question_hash: Mapped[str] = mapped_column(String(64))
    standalone_question: Mapped[str | None]
    session_id: Mapped[str | None] = mapped_column(index=True)
    filters: Mapped[dict[str, Any]] = mapped_column(Json)
    groups: Mapped[list[str] | None] = mapped_column(Json)
    answer: Mapped[dict[str, Any] | None] = mapped_column(Json)
    answer_hash: Mapped[str | None] = mapped_column(String(64))
    manifest_id: Mapped[str] = mapped_column(index=True)
    manifest: Mapped[dict[str, Any]] = mapped_column(Json)
    prompt_version: Mapped[str]
    prompt_hash: Mapped[str]
    index_version: Mapped[str]
    model: Mapped[str]
    refused: Mapped[bool]
    cache: Mapped[str | None]
    degraded: Mapped[bool]
    usage: Mapped[dict[str, Any] | None] = mapped_column(Json)
    cost: Mapped[float | None]
    timings_ms: Mapped[dict[str, float]] = mapped_column(Json)
    trace_id: Mapped[str | None]
    error: Mapped[str | None]
    release: Mapped[str | None]
    previous_id: Mapped[str | None]


class FeedbackRow(Table):
    """What one caller thought of one answer.

    Attributes:
        caller: the id of who gave it, so that it is unique by who it is; in rows of code that did
            not know ids, a name.
        name: the name of who gave it; NULL in such rows.
    """

    __tablename__ = "feedback"
    __table_args__ = (UniqueConstraint("answer_id", "caller"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcTime)
    caller: Mapped[str]
    name: Mapped[str | None]
    thumb: Mapped[str] = mapped_column(String(4))
    reason: Mapped[str | None]
    corrected_answer: Mapped[str | None]


def storable_value(value: Any) -> Any:
    """Text that PostgreSQL and UTF-8 can hold: no NUL, no half of a surrogate pair; other values as they are."""
    if isinstance(value, str) and ("\0" in value or not value.isascii()):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return value
