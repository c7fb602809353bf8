"""Pages of a list of answers: each says where the next begins."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

from pydantic import BaseModel

from app.errors import InvalidRequest
from app.lineage.record import AnswerSummary

ANSWER_ID = re.compile(r"ans_[A-Za-z0-9_-]{20}")


class AnswerPage(BaseModel):
    """Some answers, newest first.

    Attributes:
        answers: the answers.
        next: what to give as `after` for those that follow; None: there are none.
    """

    answers: list[AnswerSummary]
    next: str | None = None


def after_this(answer: AnswerSummary) -> str:
    """The place in the list behind an answer, as text for a URL."""
    place = f"{answer.at.isoformat()}|{answer.id}"
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def place_of(after: str) -> tuple[datetime, str]:
    """The time and id that a place stands for.

    Raises:
        InvalidRequest: it is not valid.
    """
    try:
        text = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode()
        at, _, answer_id = text.partition("|")
        if not ANSWER_ID.fullmatch(answer_id):
            raise ValueError("no answer's id")
        return datetime.fromisoformat(at).astimezone(UTC), answer_id
    except (ValueError, OverflowError) as error:
        raise InvalidRequest(
            f"after: {after[:80]!r} is not a place in a list of answers; give `next` of the page before."
        ) from error


def in_utc(since: datetime) -> datetime:
    """The same time in UTC.

    Raises:
        InvalidRequest: it is outside the calendar there.
    """
    try:
        return since.astimezone(UTC)
    except OverflowError as error:
        raise InvalidRequest(f"since: {since.isoformat()} is outside the calendar.") from error
