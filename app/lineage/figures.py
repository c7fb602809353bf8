"""Figures of stored answers by hour or by day: outcomes, cache, times, cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app.callers import Caller
from app.lineage.tables import AnswerRow
from app.store.database import Database

# Answers that are read for one set of figures, the newest.
MOST = 20_000


@dataclass(slots=True)
class Span:
    """One hour or day.

    Attributes:
        start: when it begins, UTC.
        answered, refused, failed: answers by outcome.
        cached: of these, those from the cache.
        cost: what they cost, where prices are set.
        seconds: how long each answer took that was not from the cache, sorted.
    """

    start: datetime
    answered: int = 0
    refused: int = 0
    failed: int = 0
    cached: int = 0
    cost: float = 0.0
    seconds: list[float] = field(default_factory=list)

    @property
    def count(self) -> int:
        """All answers."""
        return self.answered + self.refused + self.failed

    def percentile(self, share: float) -> float | None:
        """The time, seconds, within which this share of the answers was there; None without any."""
        if not self.seconds:
            return None
        return self.seconds[max(0, math.ceil(share * len(self.seconds)) - 1)]


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """Figures of answers.

    Attributes:
        spans: without a gap, oldest first.
        is_partial: whether there were more answers than are read; then the newest count.
    """

    spans: list[Span]
    is_partial: bool


def answer_figures(
    database: Database, caller: Caller, spans: int, length: timedelta, now: datetime | None = None
) -> AnswerFigures:
    """Figures of the answers that a caller oversees, else of their own.

    Args:
        spans: how many hours or days, up to now.
        length: how long each is.
        now: default: the time it is.

    Raises:
        StoreUnavailable: the database cannot be read.
    """
    step = length.total_seconds()
    last = math.floor((now or datetime.now(UTC)).timestamp() / step)
    first = last - spans + 1
    found = [Span(datetime.fromtimestamp(at * step, UTC)) for at in range(first, last + 1)]
    query = (
        select(
            AnswerRow.at,
            AnswerRow.refused,
            AnswerRow.cache,
            AnswerRow.cost,
            AnswerRow.timings_ms,
            # Of a failure there is no answer; the message is not needed.
            AnswerRow.error.is_not(None).label("failed"),
        )
        .where(AnswerRow.at >= found[0].start)
        .order_by(AnswerRow.at.desc())
        .limit(MOST + 1)
    )
    if not caller.oversees:
        query = query.where(AnswerRow.owner == caller.id)
    with database.session() as session:
        rows = session.execute(query).all()
    for at, refused, cache, cost, timings, failed in rows[:MOST]:
        span = found[min(math.floor(at.timestamp() / step) - first, spans - 1)]
        if failed:
            span.failed += 1
        elif refused:
            span.refused += 1
        else:
            span.answered += 1
        span.cost += cost or 0.0
        if cache in ("exact", "semantic"):
            span.cached += 1
        elif not failed and (total := timings.get("total")) is not None:
            span.seconds.append(total / 1000)
    for span in found:
        span.seconds.sort()
    return AnswerFigures(found, len(rows) > MOST)
