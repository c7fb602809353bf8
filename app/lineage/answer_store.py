"""Keep answers and feedback in the database, show them to their callers, forget them."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Select, delete, insert, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session, load_only

from app.callers import Caller
from app.document_sets.read_access import ReadAccess
from app.errors import StoreUnavailable, UnknownAnswer
from app.lineage.background_writer import Writer
from app.lineage.figures import AnswerFigures, answer_figures
from app.lineage.paging import ANSWER_ID, AnswerPage, after_this, in_utc, place_of
from app.lineage.record import (
    AnswerRecord,
    AnswerSummary,
    Feedback,
    Lineage,
    Thumb,
    documents_behind,
    feedback_for,
    row_of,
    without_texts,
)
from app.lineage.tables import AnswerRow, FeedbackRow, storable_value
from app.store.database import Database

logger = logging.getLogger(__name__)
FORGET_EVERY_S = 3600.0
# How long a reader waits for records that are on their way to the database.
ON_THE_WAY_S = 2.0
LISTED = [
    AnswerRow.needs,
    AnswerRow.documents,
    *(getattr(AnswerRow, name) for name in AnswerSummary.model_fields),
]
# The fewest rows that are read where some may have to be passed over.
READ_AT_ONCE = 100


class Judged(NamedTuple):
    """A stored answer, and what the caller thinks of it; None: they did not say."""

    record: AnswerRecord
    opinion: Feedback | None


class AnswerLog:
    """The answers that were given. Safe to share between threads.

    Callers see their own answers, and admins who see all documents see all answers; to others an
    answer is not there. Nor is an answer to its owner who may no longer see the documents that it
    was made from. Who owns an answer is decided by a caller's id, never by a name.

    Args:
        database: migrated already.
        keep_days: after how many days an answer, with its feedback, is forgotten.
        texts: whether words are stored, or only ids, hashes, scores and times.
        access: holds answers against what their reader may see now.
    """

    def __init__(
        self,
        database: Database,
        keep_days: float,
        texts: bool = True,
        access: ReadAccess | None = None,
    ) -> None:
        self._database = database
        self._keep = timedelta(days=keep_days)
        self._texts = texts
        self._access = access or ReadAccess()
        self._writer = Writer(self._write)
        self._forgot_at = float("-inf")

    @property
    def dropped(self) -> int:
        """How many answers could not be stored since the start."""
        return self._writer.dropped

    @property
    def waiting(self) -> int:
        """How many answers wait to be stored."""
        return self._writer.waiting

    def add(self, record: AnswerRecord | Callable[[], AnswerRecord]) -> None:
        """Have an answer stored soon; never waits and never fails.

        Args:
            record: the answer; or what makes it, which is called when it is to be stored.
        """
        self._writer.put(record)

    def get(self, answer_id: str, caller: Caller) -> AnswerRecord:
        """An answer by its id.

        Raises:
            UnknownAnswer: none that the caller may see.
            StoreUnavailable: the database cannot be read.
        """
        self.flush(ON_THE_WAY_S)
        with self._database.session() as session:
            return AnswerRecord.model_validate(
                _seen(session, answer_id, caller, self._access), from_attributes=True
            )

    def conversation(self, answer_id: str, caller: Caller, most: int) -> list[AnswerRecord]:
        """An answer, after those that it follows by `previous_id`, oldest first.

        What the caller may no longer read is left out, except for the answer itself.

        Args:
            most: how many answers, at most; the newest ones.

        Raises:
            As `get`.
        """
        self.flush(ON_THE_WAY_S)
        with self._database.session() as session:
            row: AnswerRow | None = _seen(session, answer_id, caller, self._access)
            found: list[AnswerRecord] = []
            for _ in range(most):
                if row is None:
                    break
                if _may_read(caller, row, self._access):
                    found.append(AnswerRecord.model_validate(row, from_attributes=True))
                before = row.previous_id
                row = None if before is None else session.get(AnswerRow, before)
        return found[::-1]

    def lineage(self, answer_id: str, caller: Caller) -> Lineage:
        """An answer with what people thought of it.

        Raises:
            As `get`.
        """
        record = self.get(answer_id, caller)
        query = select(FeedbackRow).where(FeedbackRow.answer_id == answer_id)
        with self._database.session() as session:
            rows = session.scalars(query.order_by(FeedbackRow.at, FeedbackRow.id))
            feedback = [feedback_for(caller, row) for row in rows]
        return Lineage(**dict(record), feedback=feedback)

    def judged(self, answer_ids: Sequence[str], caller: Caller) -> dict[str, Judged]:
        """Answers by their ids, with what the caller thinks of them; without those not to be seen.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        self.flush(ON_THE_WAY_S)
        query = select(AnswerRow).where(AnswerRow.id.in_(answer_ids))
        given = select(FeedbackRow).where(
            FeedbackRow.answer_id.in_(answer_ids),
            FeedbackRow.caller == storable_value(caller.id),
            FeedbackRow.name.is_not(None),
        )
        with self._database.session() as session:
            opinions = {row.answer_id: feedback_for(caller, row) for row in session.scalars(given)}
            return {
                row.id: Judged(
                    AnswerRecord.model_validate(row, from_attributes=True), opinions.get(row.id)
                )
                for row in session.scalars(query)
                if _may_read(caller, row, self._access)
            }

    def list(
        self,
        caller: Caller,
        *,
        document_set: str | None = None,
        refused: bool | None = None,
        release: str | None = None,
        since: datetime | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> AnswerPage:
        """Answers that the caller may see, newest first.

        Args:
            document_set: only of this set.
            refused: only refusals, or only what is none.
            release: only what this release shaped.
            since: only from this time on; it knows its zone.
            after: `next` of the page before.
            limit: how many at most.

        Raises:
            InvalidRequest: `after` or `since` means nothing.
            StoreUnavailable: the database cannot be read.
        """
        query = select(AnswerRow).options(load_only(*LISTED))
        if not caller.oversees:
            query = query.where(AnswerRow.owner == storable_value(caller.id))
        if document_set is not None:
            query = query.where(AnswerRow.document_set == document_set)
        if refused is not None:
            query = query.where(AnswerRow.refused == refused)
        if release is not None:
            query = query.where(AnswerRow.release == release)
        if since is not None:
            query = query.where(AnswerRow.at >= in_utc(since))
        query = query.order_by(AnswerRow.at.desc(), AnswerRow.id.desc())
        place = None if after is None else place_of(after)
        self.flush(ON_THE_WAY_S)
        with self._database.session() as session:
            found = _readable(session, query, place, caller, limit + 1, self._access)
        more = len(found) > limit
        return AnswerPage(
            answers=found[:limit], next=after_this(found[limit - 1]) if more else None
        )

    def figures(self, caller: Caller, spans: int, length: timedelta) -> AnswerFigures:
        """Figures by hour or day of the answers that the caller oversees, else of their own.

        Args:
            spans: how many, up to now.
            length: how long each is.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        self.flush(ON_THE_WAY_S)
        return answer_figures(self._database, caller, spans, length)

    def give_feedback(
        self,
        answer_id: str,
        caller: Caller,
        thumb: Thumb,
        reason: str | None = None,
        corrected_answer: str | None = None,
        on_opinion: Callable[[Thumb, str | None], None] = lambda *_: None,
    ) -> Feedback:
        """Keep what the caller thinks of an answer, in place of what they thought before.

        Where texts are not stored, only the thumb is kept.

        Args:
            on_opinion: called with the thumb and the answer's release, unless the caller's thumb
                was the same before.

        Raises:
            As `get`.
        """
        given = {
            "at": datetime.now(UTC),
            "thumb": thumb,
            "reason": storable_value(reason) if self._texts else None,
            "corrected_answer": storable_value(corrected_answer) if self._texts else None,
        }
        key = {"answer_id": answer_id, "caller": storable_value(caller.id)}
        named = {"name": storable_value(caller.name)}
        new = {"id": f"fb_{secrets.token_urlsafe(15)}", **key, **named, **given}
        self.flush(ON_THE_WAY_S)
        with self._database.session() as session:
            release = _seen(session, answer_id, caller, self._access).release
            before = session.scalar(select(FeedbackRow.thumb).filter_by(**key))
            dialect = postgresql if self._database.engine.name == "postgresql" else sqlite
            insert = dialect.insert(FeedbackRow).values(new)
            session.execute(
                insert.on_conflict_do_update(index_elements=[*key], set_={**named, **given})
            )
        if before != thumb:
            on_opinion(thumb, release)
        return Feedback.model_validate({"caller": caller.name, **given})

    def delete(self, answer_id: str, caller: Caller) -> None:
        """Forget an answer and what people thought of it.

        Raises:
            As `get`.
        """
        self.flush(ON_THE_WAY_S)
        with self._database.session() as session:
            session.delete(_seen(session, answer_id, caller, self._access))

    def forget_old(self) -> int:
        """Forget answers older than `keep_days`; how many there were.

        Raises:
            StoreUnavailable: the database cannot be written.
        """
        self._forgot_at = time.monotonic()
        with self._database.session() as session:
            old = delete(AnswerRow).where(AnswerRow.at < datetime.now(UTC) - self._keep)
            return session.execute(old).rowcount  # type: ignore[attr-defined, no-any-return]

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until what was added before is stored or dropped; False: not within the time."""
        return self._writer.flush(timeout_s)

    def close(self) -> None:
        """Store what waits. The database stays open."""
        self._writer.close()

    def _write(self, waiting: Sequence[AnswerRecord | Callable[[], AnswerRecord]]) -> None:
        records = [one if isinstance(one, AnswerRecord) else one() for one in waiting]
        if not self._texts:
            records = [without_texts(record) for record in records]
        try:
            with self._database.session() as session:
                # As plain rows: the bookkeeping of mapped objects takes several times as long.
                session.execute(insert(AnswerRow), [row_of(record) for record in records])
        except StoreUnavailable as error:
            # Only what may pass is worth another try; a row that is refused stays refused.
            cause = error.__cause__
            away = isinstance(cause, OperationalError | InterfaceError) or not isinstance(
                cause, DBAPIError
            )
            if away:
                raise
            raise ValueError(str(error)) from cause
        if time.monotonic() - self._forgot_at > FORGET_EVERY_S:
            try:
                self.forget_old()
            except StoreUnavailable as error:
                logger.warning("old answers could not be forgotten: %s", error)


def _seen(session: Session, answer_id: str, caller: Caller, access: ReadAccess) -> AnswerRow:
    row = session.get(AnswerRow, answer_id) if ANSWER_ID.fullmatch(answer_id) else None
    if row is None or not _may_read(caller, row, access):
        raise UnknownAnswer(
            f"no answer {answer_id[:40]!r} of yours is stored; answers are forgotten after "
            "store.keep_days, are hidden from callers who may not see their documents any more, and "
            "only admins who see all documents see those of others."
        )
    return row


def _may_read(caller: Caller, row: AnswerRow, access: ReadAccess) -> bool:
    return caller.oversees or (caller.owns(row.owner) and _allows(caller, row, access))


def _allows(caller: Caller, row: AnswerRow, access: ReadAccess) -> bool:
    return caller.groups is None or access.allows(
        caller, row.needs, row.document_set, _documents(row)
    )


def _readable(
    session: Session,
    query: Select[AnswerRow],
    place: tuple[datetime, str] | None,
    caller: Caller,
    most: int,
    access: ReadAccess,
) -> list[AnswerSummary]:
    """The next rows after a place that the caller may read now."""
    at_once = max(most, READ_AT_ONCE)
    found: list[AnswerSummary] = []
    while True:
        behind = query
        if place is not None:
            behind = query.where(tuple_(AnswerRow.at, AnswerRow.id) < place)
        rows = session.scalars(behind.limit(at_once)).all()
        for row in rows:
            if _allows(caller, row, access):
                found.append(AnswerSummary.model_validate(row))
                if len(found) == most:
                    return found
        if len(rows) < at_once:
            return found
        place = rows[-1].at, rows[-1].id


def _documents(row: AnswerRow) -> list[str]:
    """The documents behind a row; read from its answer only where nobody noted them."""
    if row.documents is not None:
        return row.documents
    return documents_behind(AnswerRecord.model_validate(row, from_attributes=True))
