"""Read stored answers with what people thought of them, and what was said before each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import Session

from app.answering.answer import needs_of
from app.answering.follow_ups import EarlierTurn
from app.callers import Caller
from app.document_sets.read_access import ReadAccess
from app.lineage.paging import in_utc
from app.lineage.record import (
    AnswerRecord,
    Feedback,
    Lineage,
    Thumb,
    documents_behind,
    feedback_for,
)
from app.lineage.tables import AnswerRow, FeedbackRow
from app.store.database import Database

AT_ONCE = 200
# Anyone who can read the database reads it whole.
OPERATOR = Caller("command line", "admin", id="operator:command line")
CacheOrNone = Literal["exact", "semantic", "none"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which stored answers are meant; None: it does not matter. Failed questions never are.

    Attributes:
        document_set: of this set.
        since, until: given from this time on, and before that one; both know their zone.
        thumb: somebody's thumb is `up` or `down`; `none`: nobody has judged it.
        refused: whether it declines to answer.
        cache: from which cache it came; `none`: from no cache.
    """

    document_set: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    thumb: Thumb | Literal["none"] | None = None
    refused: bool | None = None
    cache: CacheOrNone | None = None


def count_stored(database: Database, wanted: Wanted) -> int:
    """How many stored answers there are of those wanted.

    Raises:
        InvalidRequest: a time is outside the calendar.
        StoreUnavailable: the database cannot be read.
    """
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(_chosen(wanted).subquery())) or 0


def stored_answers(
    database: Database, wanted: Wanted, reader: Caller = OPERATOR
) -> Iterator[Lineage]:
    """The wanted answers, newest first, read a few at a time.

    Args:
        reader: whether they may see all answers is not asked here: see `may_be_shown`. But words
            of feedback are left out unless they see all documents.

    Raises:
        As `count_stored`.
    """
    query = _chosen(wanted).order_by(AnswerRow.at.desc(), AnswerRow.id.desc())
    with database.session() as session:
        rows = session.scalars(query.execution_options(yield_per=AT_ONCE))
        for page in rows.partitions():
            yield from _with_feedback(session, page, reader)


@dataclass(frozen=True, slots=True)
class StoredKey:
    """Which stored answer, and what it belongs to.

    Attributes:
        id: the answer's id.
        owner: the id of who asked; None: nobody knows any more.
        session_id: the session it belongs to, if any.
        question_hash: SHA-256 (hex) of the question.
    """

    id: str
    owner: str | None
    session_id: str | None
    question_hash: str


def stored_keys(database: Database, wanted: Wanted) -> list[StoredKey]:
    """The keys of the wanted answers, oldest first.

    Raises:
        As `count_stored`.
    """
    chosen = _chosen(wanted).order_by(AnswerRow.at, AnswerRow.id)
    columns = chosen.with_only_columns(
        AnswerRow.id, AnswerRow.owner, AnswerRow.session_id, AnswerRow.question_hash
    )
    with database.session() as session:
        return [StoredKey(*row) for row in session.execute(columns)]


def answers_by_id(database: Database, ids: Sequence[str]) -> Iterator[AnswerRecord]:
    """The answers with these ids, oldest first in each part read; one that is gone is left out.

    Raises:
        StoreUnavailable: the database cannot be read.
    """
    for begin in range(0, len(ids), AT_ONCE):
        query = select(AnswerRow).where(AnswerRow.id.in_(ids[begin : begin + AT_ONCE]))
        with database.session() as session:
            for row in session.scalars(query.order_by(AnswerRow.at, AnswerRow.id)):
                yield AnswerRecord.model_validate(row, from_attributes=True)


def may_be_shown(record: AnswerRecord, reader: Caller, access: ReadAccess) -> bool:
    """Whether a stored answer may be shown to this reader, also where another caller asked.

    Where nobody noted what it takes, its passages say it, unless a conversation shaped its question.
    """
    needs = record.needs
    if needs is None and record.answer is not None and record.standalone_question is None:
        needs = needs_of(record.answer.passages)
    return access.allows(reader, needs, record.document_set, documents_behind(record))


def earlier_turns(
    database: Database,
    record: AnswerRecord,
    most: int,
    reader: Caller = OPERATOR,
    access: ReadAccess | None = None,
) -> list[EarlierTurn]:
    """The last answered questions of the record's session before it, oldest first.

    Each as it was asked, not as it was condensed. Empty where it belongs to no session, or where
    what was said before is stored no more, or may not be shown to this reader.

    Raises:
        StoreUnavailable: the database cannot be read.
    """
    if record.session_id is None:
        return []
    access = access or ReadAccess()
    query = (
        select(AnswerRow)
        .where(
            AnswerRow.session_id == record.session_id,
            # A session's id is its owner's choice: others may have chosen the same.
            AnswerRow.owner.is_not_distinct_from(record.owner),
            AnswerRow.caller == record.caller,
            AnswerRow.document_set == record.document_set,
            AnswerRow.at < record.at,
            AnswerRow.answer.is_not(None),
            AnswerRow.question.is_not(None),
        )
        .order_by(AnswerRow.at.desc(), AnswerRow.id.desc())
        .limit(most)
    )
    with database.session() as session:
        found = [
            EarlierTurn(row.question or "", _text(row.answer))
            for row in session.scalars(query)
            if may_be_shown(AnswerRecord.model_validate(row, from_attributes=True), reader, access)
        ]
    return found[::-1]


def _chosen(wanted: Wanted) -> Select[AnswerRow]:
    query = select(AnswerRow).where(AnswerRow.answer.is_not(None))
    if wanted.document_set is not None:
        query = query.where(AnswerRow.document_set == wanted.document_set)
    if wanted.since is not None:
        query = query.where(AnswerRow.at >= in_utc(wanted.since))
    if wanted.until is not None:
        query = query.where(AnswerRow.at < in_utc(wanted.until))
    if wanted.refused is not None:
        query = query.where(AnswerRow.refused == wanted.refused)
    if wanted.cache == "none":
        query = query.where(AnswerRow.cache.is_(None))
    elif wanted.cache is not None:
        query = query.where(AnswerRow.cache == wanted.cache)
    of_it = FeedbackRow.answer_id == AnswerRow.id
    if wanted.thumb == "none":
        query = query.where(~exists().where(of_it))
    elif wanted.thumb is not None:
        query = query.where(exists().where(and_(of_it, FeedbackRow.thumb == wanted.thumb)))
    return query


def _with_feedback(
    session: Session, rows: Sequence[AnswerRow], reader: Caller
) -> Iterator[Lineage]:
    given: dict[str, list[Feedback]] = defaultdict(list)
    query = select(FeedbackRow).where(FeedbackRow.answer_id.in_([row.id for row in rows]))
    for feedback in session.scalars(query.order_by(FeedbackRow.at, FeedbackRow.id)):
        given[feedback.answer_id].append(feedback_for(reader, feedback))
    for row in rows:
        record = AnswerRecord.model_validate(row, from_attributes=True)
        yield Lineage(**dict(record), feedback=given[row.id])


def _text(answer: dict[str, Any] | None) -> str:
    return str((answer or {}).get("answer", ""))
