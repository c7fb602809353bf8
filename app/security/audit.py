"""The log of administrative acts, and of attempts that were denied."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, or_, select, update

from app.callers import Caller
from app.errors import StoreUnavailable
from app.security.tables import AuditEntry
from app.store.database import Database
from app.store.tables import storable
from prompts.errors import PlumbError

logger = logging.getLogger(__name__)
BEGUN, DONE, DENIED = "begun", "done", "denied"


DENIALS_KEPT = 10_000


class Audit:
    """Writes and reads the log. Of acts no entry is taken away; of denied attempts the oldest are.

    Args:
        database: migrated already.
        denials_kept: denied attempts of each kind to keep: anybody can cause them.
    """

    def __init__(self, database: Database, denials_kept: int = DENIALS_KEPT) -> None:
        self._database = database
        self._denials_kept = denials_kept

    def note(
        self,
        caller: Caller | str,
        action: str,
        subject: str = "",
        outcome: str = DONE,
        **detail: Any,
    ) -> int:
        """Add an entry; returns its number.

        Args:
            caller: who did it; an address where nobody is known.
            action: what, in a word: publish, upload, create-key, …
            subject: to what: a document set, a key.
            outcome: begun, done, denied, or the name of what went wrong.
            detail: whatever else tells it; must fit into JSON, and hold no secret.

        Raises:
            StoreUnavailable: it cannot be written.
        """
        entry = _entry(caller, action, subject, outcome, detail)
        with self._database.session() as session:
            session.add(entry)
        return entry.id

    @contextmanager
    def act(self, caller: Caller, action: str, subject: str, **detail: Any) -> Iterator[None]:
        """Log what the block does: before it, so that nothing is done unlogged, and how it ended.

        Raises:
            StoreUnavailable: it cannot be written; the block does not run.
        """
        number = self.note(caller, action, subject, BEGUN, **detail)
        try:
            yield
        except PlumbError as error:
            self._ended(number, type(error).__name__)
            raise
        except Exception:
            self._ended(number, "failed")
            raise
        self._ended(number, DONE)

    def denied(self, caller: Caller | str, action: str, subject: str = "", **detail: Any) -> None:
        """Add a denied attempt, in place of the oldest of its kind where there are enough.

        It is denied all the same where that cannot be written.
        """
        ours = AuditEntry.outcome == DENIED, AuditEntry.action == action
        newest = select(AuditEntry.id).where(*ours).order_by(AuditEntry.id.desc())
        try:
            with self._database.session() as session:
                session.add(_entry(caller, action, subject, DENIED, detail))
                session.flush()
                last = session.scalar(newest.offset(self._denials_kept).limit(1))
                if last is not None:
                    session.execute(delete(AuditEntry).where(*ours, AuditEntry.id <= last))
        except StoreUnavailable as error:
            who = caller.name if isinstance(caller, Caller) else caller
            logger.warning("denied: %s by %s: not in the audit log: %s", action, who, error)

    def entries(
        self, since: datetime | None = None, caller: str | None = None, most: int = 1000
    ) -> list[AuditEntry]:
        """The newest entries, oldest of them first.

        Args:
            since: only of this time and later.
            caller: only of callers with this name or id.
        """
        wanted = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(most)
        if since is not None:
            wanted = wanted.where(AuditEntry.at >= since)
        if caller is not None:
            wanted = wanted.where(or_(AuditEntry.caller == caller, AuditEntry.owner == caller))
        with self._database.session() as session:
            return list(session.scalars(wanted))[::-1]

    def _ended(self, number: int, outcome: str) -> None:
        try:
            with self._database.session() as session:
                session.execute(
                    update(AuditEntry).where(AuditEntry.id == number).values(outcome=outcome)
                )
        except StoreUnavailable as error:  # the act is over; its entry stays `begun`
            logger.error("audit entry %s: its end (%s) is not written: %s", number, outcome, error)


def _entry(
    caller: Caller | str, action: str, subject: str, outcome: str, detail: dict[str, Any]
) -> AuditEntry:
    return AuditEntry(
        at=datetime.now(UTC),
        caller=storable(caller.name if isinstance(caller, Caller) else caller)[:200],
        owner=storable(caller.id)[:200] if isinstance(caller, Caller) else None,
        action=action,
        subject=storable(subject)[:500],
        outcome=storable(outcome)[:50],
        detail=detail,
    )
