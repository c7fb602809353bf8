"""Batches as their owners see them: made, looked at, downloaded, deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, delete, func, insert, select, tuple_
from sqlalchemy.orm import Session

from app.answering.answer import needs_of_metadata
from app.batch.batch import BATCH_ID, Batch, BatchPage, state_of
from app.batch.questions import BatchQuestion
from app.batch.tables import BatchQuestionRow, BatchRow
from app.callers import Caller, Needs, all_of
from app.document_sets.read_access import ReadAccess
from app.errors import CannotResume, InvalidRequest, TooManyRequests, UnknownBatch
from app.store.database import Database
from app.store.tables import storable

AT_ONCE = 100
RETRY_AFTER_S = 60
WITHHELD = "this came from documents that you may not see any more, or that were removed."


class BatchStore:
    """Batches in the database. Safe to share between threads.

    Callers see their own batches, and admins who see all documents see all batches; to others a batch
    is not there. Who owns a batch is decided by a caller's id, never by a name. Answers that came
    from documents for groups that the owner has left are withheld from the lines.

    Args:
        database: migrated already.
        most_unfinished: batches that one caller may have unfinished at a time.
        release: the release that new batches are answered under; None for what is live.
        access: holds lines against what their reader may see now.
    """

    def __init__(
        self,
        database: Database,
        most_unfinished: int,
        release: str | None = None,
        access: ReadAccess | None = None,
    ) -> None:
        self._database = database
        self._release = release
        self._most_unfinished = most_unfinished
        self._access = access or ReadAccess()

    def create(
        self,
        batch_id: str,
        questions: Sequence[BatchQuestion],
        caller: Caller,
        *,
        document_set: str | None = None,
        prompt: str | None = None,
        per_minute: int = 0,
    ) -> Batch:
        """Keep a batch that is to be answered in the caller's name.

        Args:
            batch_id: a new id.
            questions: with ids of their own, at least one.
            document_set, prompt: for questions that name none.
            per_minute: questions a minute that the caller's batches may ask together; 0: no limit.

        Raises:
            TooManyRequests: the caller has as many unfinished ones as they may.
            StoreUnavailable: it cannot be written.
        """
        now = datetime.now(UTC)
        row = BatchRow(
            id=batch_id,
            caller=storable(caller.name),
            owner=storable(caller.id),
            role=caller.role,
            groups=None if caller.groups is None else sorted(caller.groups),
            document_set=document_set,
            prompt=prompt,
            per_minute=per_minute,
            created=now,
            starts=0,
            seen=now,
            release=self._release,
            until=caller.until,
        )
        with self._database.locked(f"batches of {row.owner}") as session:
            self._require_room(session, caller)
            session.add(row)
            session.flush()
            numbered = [
                {
                    "batch_id": row.id,
                    "number": number,
                    "question": question.model_dump(mode="json", exclude_none=True),
                }
                for number, question in enumerate(questions, start=1)
            ]
            session.execute(insert(BatchQuestionRow), numbered)
        return self.get(row.id, caller)

    def get(self, batch_id: str, caller: Caller) -> Batch:
        """A batch as it is now.

        Raises:
            UnknownBatch: none that the caller may see.
            StoreUnavailable: the database cannot be read.
        """
        with self._database.session() as session:
            row = _seen(session, batch_id, caller)
            (found,) = _batches(session, [row])
        return found

    def list(self, caller: Caller, *, after: str | None = None, limit: int = 50) -> BatchPage:
        """Batches that the caller may see, newest first.

        Args:
            after: `next` of the page before.
            limit: how many at most.

        Raises:
            InvalidRequest: `after` means nothing.
            StoreUnavailable: the database cannot be read.
        """
        query = select(BatchRow)
        if not caller.oversees:
            query = query.where(BatchRow.owner == storable(caller.id))
        with self._database.session() as session:
            if after is not None:
                place = _place(session, after, caller)
                query = query.where(tuple_(BatchRow.created, BatchRow.id) < place)
            query = query.order_by(BatchRow.created.desc(), BatchRow.id.desc()).limit(limit + 1)
            rows = session.scalars(query).all()
            page = _batches(session, rows[:limit])
        return BatchPage(batches=page, next=page[-1].id if len(rows) > limit else None)

    def lines(self, batch_id: str, caller: Caller) -> Iterator[bytes]:
        """The lines that there are, in the order of the questions; read as they are taken.

        Each is checked against what the caller may see now: where they may no longer see what an answer
        came from, an error stands in its place.

        Raises:
            As `get`, before the first line is taken.
        """
        with self._database.session() as session:
            asked_with = _seen(session, batch_id, caller).groups
            first = self._page(session, batch_id, 0)
        return self._lines(batch_id, first, caller, all_of(asked_with))

    def resume(self, batch_id: str, caller: Caller, per_minute: int = 0) -> Batch:
        """Have a batch that has failed go on under its owner's token of now.

        It asks what has no line yet. Nothing happens to one that is not finished. The groups must be the
        ones that it was made with: they also decide who may read the lines that are there.

        Args:
            per_minute: as in `create`.

        Raises:
            UnknownBatch: none of the caller's own: nobody else's rights may be put in the place of its
                owner's.
            CannotResume: it is complete, another release's, or the caller has other groups now.
            TooManyRequests: the caller has as many unfinished ones as they may.
            StoreUnavailable: it cannot be written.
        """
        with self._database.locked(f"batches of {storable(caller.id)}") as session:
            row = _seen(session, batch_id, caller)
            if not caller.owns(row.owner):
                raise _unknown(batch_id)
            state = state_of(row.started, row.ended, row.error)
            if state == "completed":
                raise CannotResume(f"batch {batch_id} is complete: every question has a line.")
            if row.release != self._release:
                raise CannotResume(
                    f"batch {batch_id} is answered under {row.release or 'no release'}, and this "
                    f"service serves {self._release or 'none'}; make a batch of what has no line."
                )
            groups = None if caller.groups is None else sorted(caller.groups)
            if groups != row.groups:
                raise CannotResume(
                    f"batch {batch_id} was made with other groups than you have now; make a batch of "
                    "what has no line."
                )
            if state == "failed":
                self._require_room(session, caller)
                row.ended, row.error, row.starts = None, None, 0
                row.caller, row.role, row.until = storable(caller.name), caller.role, caller.until
                row.per_minute, row.seen = per_minute, datetime.now(UTC)
        return self.get(batch_id, caller)

    def _require_room(self, session: Session, caller: Caller) -> None:
        """Raises: TooManyRequests: the caller has as many unfinished batches as they may."""
        of_caller = BatchRow.owner == storable(caller.id), BatchRow.ended.is_(None)
        unfinished = session.scalar(select(func.count()).where(*of_caller)) or 0
        if unfinished >= self._most_unfinished:
            raise TooManyRequests(
                f"{unfinished} of your batches are not finished, which is the limit; wait, or "
                "delete one.",
                RETRY_AFTER_S,
            )

    def delete(self, batch_id: str, caller: Caller) -> None:
        """Delete a batch with its answers; one that is at work ends.

        Raises:
            As `get`.
        """
        with self._database.session() as session:
            _seen(session, batch_id, caller)
            session.execute(delete(BatchRow).where(BatchRow.id == batch_id))

    def _lines(
        self,
        batch_id: str,
        page: Sequence[Row[tuple[int, dict[str, Any] | None]]],
        caller: Caller,
        unknown: Needs,
    ) -> Iterator[bytes]:
        while page:
            for row in page:
                line = _readable(row.line or {}, caller, unknown, self._access)
                yield json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
            with self._database.session() as session:
                page = self._page(session, batch_id, page[-1].number)

    @staticmethod
    def _page(
        session: Session, batch_id: str, after: int
    ) -> Sequence[Row[tuple[int, dict[str, Any] | None]]]:
        line = BatchQuestionRow
        query = (
            select(line.number, line.line)
            .where(line.batch_id == batch_id, line.number > after, line.outcome.is_not(None))
            .order_by(line.number)
            .limit(AT_ONCE)
        )
        return session.execute(query).all()


def _seen(session: Session, batch_id: str, caller: Caller) -> BatchRow:
    row = session.get(BatchRow, batch_id) if BATCH_ID.fullmatch(batch_id) else None
    if row is None or not (caller.oversees or caller.owns(row.owner)):
        raise _unknown(batch_id)
    return row


def _unknown(batch_id: str) -> UnknownBatch:
    return UnknownBatch(
        f"no batch {batch_id[:40]!a} of yours; GET /v1/batches lists those that you have."
    )


def _readable(
    line: dict[str, Any], caller: Caller, unknown: Needs, access: ReadAccess
) -> dict[str, Any]:
    """A line as the caller may read it now.

    Args:
        unknown: what it takes where nobody knows what a line's words came from.
    """
    answer = line.get("answer")
    needs, documents, document_set = unknown, list[str](), None
    if isinstance(answer, dict) and isinstance(answer.get("passages"), list):
        passages = answer["passages"]
        # A passage also names the other documents that hold its words.
        copies = [copy for passage in passages for copy in passage.get("also_in", [])]
        needs = needs_of_metadata(one.get("metadata", {}) for one in [*passages, *copies])
        documents = [str(one.get("document")) for one in [*passages, *copies]]
        document_set = (answer.get("manifest") or {}).get("document_set")
    if access.allows(caller, needs, document_set, documents):
        return line if caller.groups is None else _without_others_words(line)
    error = {"type": "Withheld", "message": WITHHELD}
    return {"id": line.get("id"), "question": line.get("question"), "error": error}


def _without_others_words(line: dict[str, Any]) -> dict[str, Any]:
    """The line without the question that somebody else asked, as `Turns` shows it to nobody either."""
    answer = line.get("answer")
    if not isinstance(answer, dict) or answer.get("matched_question") is None:
        return line
    return {**line, "answer": {**answer, "matched_question": None}}


def _place(session: Session, after: str, caller: Caller) -> tuple[datetime, str]:
    row = session.get(BatchRow, after) if BATCH_ID.fullmatch(after) else None
    if row is None or not (caller.oversees or caller.owns(row.owner)):
        raise InvalidRequest(
            f"after: {after[:40]!a} is not a batch, or it was deleted; begin with the first page."
        )
    return row.created, row.id


def _batches(session: Session, rows: Sequence[BatchRow]) -> list[Batch]:
    line = BatchQuestionRow
    counted = (
        select(line.batch_id, func.count(), _those("answered"), _those("failed"))
        .where(line.batch_id.in_([row.id for row in rows]))
        .group_by(line.batch_id)
    )
    counts = {id_: numbers for id_, *numbers in session.execute(counted)}
    return [_batch(row, *counts.get(row.id, (0, 0, 0))) for row in rows]


def _those(outcome: str) -> ColumnElement[int]:
    return func.count(case((BatchQuestionRow.outcome == outcome, 1)))


def _batch(row: BatchRow, questions: int, answered: int, failed: int) -> Batch:
    return Batch(
        id=row.id,
        state=state_of(row.started, row.ended, row.error),
        by=row.caller,
        document_set=row.document_set,
        prompt=row.prompt,
        questions=questions,
        answered=answered,
        failed=failed,
        created=row.created,
        started=row.started,
        ended=row.ended,
        error=row.error,
        release=row.release,
        until=row.until,
    )
