"""Batches as those who answer them see them: what has no line yet, one more line, the end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
from tenacity import wait_exponential as growing

from app.batch.questions import BatchQuestion
from app.batch.tables import BatchQuestionRow, BatchRow
from app.callers import Caller, Role
from app.errors import KeyNotInForce, StoreUnavailable, UnknownBatch
from app.security.keys import Keys
from app.store.database import Database

TRIES = 6
SHOW_LIFE_S = 5.0


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A batch that is not finished.

    Attributes:
        id: names it.
        by: who made it.
        starts: how often it was begun since it last got on.
        seen: the last sign of life of the process that begins or answers it.
        release: the release that it is answered under; None: by what is live.
    """

    id: str
    by: str
    starts: int
    seen: datetime
    release: str | None = None


class UnfinishedBatches:
    """Batches in the database that want answers. Safe to share between threads and processes.

    Args:
        database: migrated already.
        release: the release that this process serves: it answers the batches of that one only.
            None: those of none.
    """

    def __init__(self, database: Database, release: str | None = None) -> None:
        self._database = database
        self._release = release

    def all(self) -> list[Unfinished]:
        """Those that this process may answer, oldest first."""
        return self._all(BatchRow.release.is_not_distinct_from(self._release))

    def of_other_releases(self) -> list[Unfinished]:
        """Those that only processes of other releases answer, oldest first."""
        return self._all(
            BatchRow.release.is_not(None), BatchRow.release.is_distinct_from(self._release)
        )

    def note_start(self, batch_id: str) -> None:
        """Count that work on it is being begun."""
        self._change(batch_id, starts=BatchRow.starts + 1, seen=datetime.now(UTC))

    def give_up(self, batch_id: str, why: str) -> None:
        """Enter that it failed."""
        self._change(batch_id, ended=datetime.now(UTC), error=why)

    def open(self, batch_id: str) -> OpenBatch:
        """Begin to answer one, or go on.

        Raises:
            UnknownBatch: no such id, it is finished, or another release's.
            StoreUnavailable: the database cannot be read or written.
        """
        with self._database.session() as session:
            row = session.get(BatchRow, batch_id)
            if row is None or row.ended is not None:
                raise UnknownBatch(
                    f"no batch {batch_id!a} is unfinished in {self._database.shown}: it was "
                    "deleted or is finished; or store.url of this process is not the service's."
                )
            if row.release != self._release:
                raise UnknownBatch(
                    f"batch {batch_id} is answered under {row.release or 'no release'}, and this "
                    f"process serves {self._release or 'none'}; start one with PLUMB_RELEASE set "
                    "as the service's was that accepted the batch."
                )
            row.seen = datetime.now(UTC)
            row.started = row.started or row.seen
            line = BatchQuestionRow
            query = select(line.number, line.question).order_by(line.number)
            query = query.where(line.batch_id == batch_id, line.outcome.is_(None))
            left = {number: BatchQuestion(**given) for number, given in session.execute(query)}
        return OpenBatch(self._database, row, left)

    def forget_old(self, keep_days: float) -> None:
        """Delete batches that ended longer ago than this."""
        before = datetime.now(UTC) - timedelta(days=keep_days)
        with self._database.session() as session:
            session.execute(delete(BatchRow).where(BatchRow.ended < before))

    def _all(self, *conditions: ColumnElement[bool]) -> list[Unfinished]:
        query = select(BatchRow).where(BatchRow.ended.is_(None), *conditions)
        with self._database.session() as session:
            return [
                Unfinished(row.id, row.caller, row.starts, row.seen, row.release)
                for row in session.scalars(query.order_by(BatchRow.created))
            ]

    def _change(self, batch_id: str, **values: Any) -> None:
        with self._database.session() as session:
            session.execute(update(BatchRow).where(BatchRow.id == batch_id).values(values))


class OpenBatch:
    """A batch that is being answered.

    Attributes:
        caller: in whose name.
        document_set, prompt: for questions that name none.
        per_minute: questions a minute that the caller's batches may ask together; 0: no limit.
        questions: those without a line, in order.
        done: id -> question of those that got a line here.
    """

    def __init__(
        self, database: Database, row: BatchRow, left: Mapping[int, BatchQuestion]
    ) -> None:
        self._database = database
        self._keys = Keys(database)
        self._id = row.id
        self._numbers = {question.id: number for number, question in left.items()}
        groups = None if row.groups is None else frozenset(row.groups)
        # Of a batch of older code nobody knows whose it is: its answers are nobody's.
        owner = row.owner or f"unknown:{row.id}"
        self.caller = Caller(row.caller, cast("Role", row.role), groups, owner, row.until)
        self.document_set, self.prompt = row.document_set, row.prompt
        self.per_minute = row.per_minute
        self.questions = list(left.values())
        self.done: dict[str, str] = {}
        self._shown = float("-inf")

    def append(self, row: Mapping[str, Any]) -> None:
        """Keep a line; a database that is away is tried again for a while.

        Raises:
            UnknownBatch: the batch was deleted, or another process answers it.
            KeyNotInForce: see `require_key`; the line is not kept.
            StoreUnavailable: the database stays away.
        """
        self._persistently(self.require_key)
        self._persistently(self._keep, row)
        self.done[row["id"]] = row["question"]

    def require_wanted(self) -> None:
        """Check that the batch was not deleted, and enter that it is being answered.

        A database that is away says nothing.

        Raises:
            UnknownBatch: it was.
        """
        try:
            with self._database.session() as session:
                wanted = self._show_life(session)
        except StoreUnavailable:
            return
        if not wanted:
            raise self._gone()

    def require_key(self) -> None:
        """Check that the key or token that the batch was made with is in force, if there was one.

        Raises:
            KeyNotInForce: it is not, and the batch must not go on.
            StoreUnavailable: the database cannot answer that now.
        """
        until = self.caller.until
        if until is not None and until <= datetime.now(UTC):
            raise KeyNotInForce(
                f"the token that the batch was made with ended at {until:%Y-%m-%d %H:%M:%S} UTC. "
                "No more of its questions are asked; with a token in force, "
                f"`POST /v1/batches/{self._id}/resume` lets it go on."
            )
        try:
            self._keys.require_in_force(self.caller)
        except KeyNotInForce as error:
            raise KeyNotInForce(
                f"the batch was made with a key that is not in force any more: {error} No more of "
                "its questions are asked; make a batch of them with a key in force."
            ) from error

    def end(self) -> None:
        """Enter that every question has its line.

        Raises:
            StoreUnavailable: the database stays away.
        """
        self._persistently(self._end)

    def _keep(self, row: Mapping[str, Any]) -> None:
        line = BatchQuestionRow
        mine = line.batch_id == self._id, line.number == self._numbers[row["id"]]
        outcome = "failed" if "error" in row else "answered"
        with self._database.session() as session:
            query = update(line).where(*mine, line.outcome.is_(None))
            updated = session.execute(query.values(outcome=outcome, line=dict(row)))
            if not updated.rowcount:  # type: ignore[attr-defined]
                raise self._gone()
            if time.monotonic() - self._shown >= SHOW_LIFE_S:
                self._show_life(session, starts=0)
                self._shown = time.monotonic()

    def _show_life(self, session: Session, **values: Any) -> bool:
        query = update(BatchRow).where(BatchRow.id == self._id)
        shown = session.execute(query.values(seen=datetime.now(UTC), **values))
        return bool(shown.rowcount)  # type: ignore[attr-defined]

    def _gone(self) -> UnknownBatch:
        return UnknownBatch(f"batch {self._id} was deleted, or another process answers it.")

    def _end(self) -> None:
        with self._database.session() as session:
            query = update(BatchRow).where(BatchRow.id == self._id)
            session.execute(query.values(ended=datetime.now(UTC)))

    @staticmethod
    def _persistently(write: Any, *what: Any) -> None:
        for attempt in Retrying(
            stop=stop_after_attempt(TRIES),
            wait=growing(0.5, max=10),
            retry=retry_if_exception_type(StoreUnavailable),
            reraise=True,
        ):
            with attempt:
                write(*what)
