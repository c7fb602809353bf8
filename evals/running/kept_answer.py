"""An answer as it is kept from one run to the next."""

from __future__ import annotations

from pydantic import BaseModel

from app.answering.answer import Answer


class KeptAnswer(BaseModel):
    """An answer, and what it took.

    Attributes:
        answer: with its passages.
        standalone_question: what a follow-up was condensed to; None for any other question.
        cost: what its calls cost when they were made; None where that cannot be told.
    """

    answer: Answer
    standalone_question: str | None = None
    cost: float | None = None
