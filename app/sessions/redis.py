"""Sessions in Redis, for any number of processes; Redis forgets them by itself."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from app.errors import SessionsUnavailable
from app.redis_errors import told_as
from app.session_settings import SessionSettings
from app.sessions.session import Exchange, SessionSummary

PREFIX = "plumb:session"
# What a question waits for its conversation at the most, twice: it is read, and added to.
TIMEOUT_S = 0.25
# After Redis failed, it is left alone for so long: no question waits for it meanwhile.
LEFT_ALONE_S = 1.0


class RedisSessions:
    """A session is a list of exchanges as JSON; an owner's sessions are a sorted set by time."""

    def __init__(self, url: str, settings: SessionSettings) -> None:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.exceptions import ConnectionError as Disconnected
        from redis.retry import Retry

        self._redis: Any = Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            decode_responses=True,
            # Once more for a connection that was closed while it was idle; never after a timeout.
            retry=Retry(NoBackoff(), 1, supported_errors=(Disconnected,)),
        )
        self._left_alone_until = 0.0
        self._most = settings.most_exchanges
        self._keep = timedelta(hours=settings.keep_hours)

    def history(self, owner: str, session_id: str) -> list[Exchange]:
        """What was said."""
        with self._reached():
            found = self._redis.lrange(_key(owner, session_id), 0, -1)
        return [Exchange.model_validate_json(text) for text in found]

    def append(self, owner: str, session_id: str, exchange: Exchange) -> None:
        """Add to a session."""
        key, index = _key(owner, session_id), _index(owner)
        with self._reached(), self._redis.pipeline() as pipe:
            pipe.rpush(key, exchange.model_dump_json())
            pipe.ltrim(key, -self._most, -1)
            pipe.expire(key, self._keep)
            pipe.zadd(index, {session_id: time.time()})
            pipe.expire(index, self._keep)
            pipe.execute()

    def list(self, owner: str) -> list[SessionSummary]:
        """The owner's sessions."""
        index = _index(owner)
        with self._reached(), self._redis.pipeline() as pipe:
            pipe.zremrangebyscore(index, "-inf", time.time() - self._keep.total_seconds())
            pipe.zrevrange(index, 0, -1, withscores=True)
            _, found = pipe.execute()
        times = [(id_, datetime.fromtimestamp(score, UTC)) for id_, score in found]
        return [
            SessionSummary(session_id=id_, updated=at, expires=at + self._keep) for id_, at in times
        ]

    def delete(self, owner: str, session_id: str) -> bool:
        """Forget a session."""
        with self._reached(), self._redis.pipeline() as pipe:
            pipe.delete(_key(owner, session_id))
            pipe.zrem(_index(owner), session_id)
            deleted, _ = pipe.execute()
        return bool(deleted)

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Use Redis within this.

        Raises:
            SessionsUnavailable: it failed, or it is left alone since it did.
        """
        if time.monotonic() < self._left_alone_until:
            raise SessionsUnavailable(
                "Redis: it failed a moment ago; check redis.url, and that it runs."
            )
        try:
            with told_as(SessionsUnavailable):
                yield
        except SessionsUnavailable:
            self._left_alone_until = time.monotonic() + LEFT_ALONE_S
            raise


def _index(owner: str) -> str:
    return f"{PREFIX}s:{_whose(owner)}"


def _key(owner: str, session_id: str) -> str:
    return f"{PREFIX}:{_whose(owner)}:{session_id}"


def _whose(owner: str) -> str:
    """An owner's name may hold anything; its hash is of one form."""
    return hashlib.sha256(owner.encode()).hexdigest()[:32]
