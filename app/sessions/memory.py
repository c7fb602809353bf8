"""Sessions in this process; for a service of one process, without Redis."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

from app.sessions.session import Exchange, KeptSession, Title, before, title_of
from app.settings.sessions import SessionSettings


@dataclass(slots=True)
class _Stored:
    updated: datetime
    exchanges: list[Exchange] = field(default_factory=list)
    title: Title = field(default_factory=Title)


class MemorySessions:
    """Holds at most `session.most` of them, and `session.most_per_owner` of one owner."""

    def __init__(
        self, settings: SessionSettings, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._settings = settings
        self._keep = timedelta(hours=settings.keep_hours)
        self._now = now
        # Both in the order in which they were last spoken in.
        self._kept: OrderedDict[tuple[str, str], _Stored] = OrderedDict()
        self._of: dict[str, OrderedDict[str, None]] = {}
        self._lock = threading.Lock()

    def history(self, owner: str, session_id: str) -> list[Exchange]:
        with self._lock:
            self._forget()
            kept = self._kept.get((owner, session_id))
            return list(kept.exchanges) if kept else []

    def append(
        self, owner: str, session_id: str, exchange: Exchange, replaces: str | None = None
    ) -> None:
        with self._lock:
            self._forget()
            kept = self._kept.setdefault((owner, session_id), _Stored(self._now()))
            kept.updated = self._now()
            said = before(kept.exchanges, replaces)
            if not said and not kept.title.named:
                kept.title = title_of(exchange)
            kept.exchanges = [*said, exchange][-self._settings.most_exchanges :]
            self._kept.move_to_end((owner, session_id))
            mine = self._of.setdefault(owner, OrderedDict())
            mine[session_id] = None
            mine.move_to_end(session_id)
            while len(mine) > self._settings.most_per_owner:
                self._remove(owner, next(iter(mine)))
            while len(self._kept) > self._settings.most:
                self._remove_of_the_largest()

    def list(self, owner: str, limit: int | None = None) -> list[KeptSession]:
        with self._lock:
            self._forget()
            return [
                KeptSession(
                    session_id=id_,
                    updated=kept.updated,
                    expires=kept.updated + self._keep,
                    title=kept.title,
                )
                for id_ in islice(reversed(self._of.get(owner, {})), limit)
                for kept in (self._kept[owner, id_],)
            ]

    def rename(self, owner: str, session_id: str, title: Title) -> bool:
        with self._lock:
            self._forget()
            kept = self._kept.get((owner, session_id))
            if kept is None:
                return False
            kept.title = title
            return True

    def delete(self, owner: str, session_id: str) -> bool:
        with self._lock:
            self._forget()
            return self._remove(owner, session_id)

    def close(self) -> None:
        """Nothing is held that others could see."""

    def _forget(self) -> None:
        before = self._now() - self._keep
        while self._kept:
            key, kept = next(iter(self._kept.items()))
            if kept.updated > before:
                return
            self._remove(*key)

    def _remove(self, owner: str, session_id: str) -> bool:
        if self._kept.pop((owner, session_id), None) is None:
            return False
        of_owner = self._of[owner]
        del of_owner[session_id]
        if not of_owner:
            del self._of[owner]
        return True

    def _remove_of_the_largest(self) -> None:
        """Forget the oldest session of the owner with the most; of several, of the longest silent."""
        most = max(len(of_owner) for of_owner in self._of.values())
        owner, session_id = next(key for key in self._kept if len(self._of[key[0]]) == most)
        self._remove(owner, session_id)
