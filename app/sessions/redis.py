"""Sessions in Redis, for any number of processes; Redis lets them expire."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from app.errors import SessionsUnavailable
from app.sessions.session import Exchange, SessionSummary
from app.settings.sessions import SessionSettings
from app.store.redis_errors import translate_redis_errors

PREFIX = "plumb:session"
# All sessions by time, and owners by how many they have: sorted sets.
ALL, OWNERS = f"{PREFIX}s-all", f"{PREFIX}s-owners"
# Adds a session that was spoken in to the sorted sets, and forgets what is too much: in one step, so
# that no other process counts in between. Times come from outside, so that tests may set them.
KEEP = """
local index, whose, id = KEYS[1], ARGV[1], ARGV[2]
local now, keep_s, most_of_owner, most = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local prefix = ARGV[7]
local function forget(owner, session)
  local of_owner = prefix .. 's:' .. owner
  redis.call('DEL', prefix .. ':' .. owner .. ':' .. session)
  redis.call('ZREM', of_owner, session)
  redis.call('ZREM', KEYS[2], owner .. ':' .. session)
  local left = redis.call('ZCARD', of_owner)
  if left == 0 then redis.call('ZREM', KEYS[3], owner) else redis.call('ZADD', KEYS[3], left, owner) end
end
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - keep_s, 'LIMIT', 0, 100)) do
  forget(string.sub(member, 1, 32), string.sub(member, 34))
end
redis.call('ZADD', index, now, id)
redis.call('EXPIRE', index, math.ceil(keep_s))
redis.call('ZADD', KEYS[2], now, whose .. ':' .. id)
redis.call('ZADD', KEYS[3], redis.call('ZCARD', index), whose)
redis.call('EXPIRE', KEYS[2], math.ceil(keep_s))
redis.call('EXPIRE', KEYS[3], math.ceil(keep_s))
for _, session in ipairs(redis.call('ZRANGE', index, 0, -most_of_owner - 1)) do forget(whose, session) end
while redis.call('ZCARD', KEYS[2]) > most do
  local owner = redis.call('ZREVRANGE', KEYS[3], 0, 0)[1]
  local oldest = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
  local noted = owner and tonumber(redis.call('ZSCORE', KEYS[3], owner)) or 0
  local has = owner and redis.call('ZCARD', prefix .. 's:' .. owner) or 0
  if has ~= noted then
    -- Some were deleted, or forgotten in time.
    if has == 0 then redis.call('ZREM', KEYS[3], owner) else redis.call('ZADD', KEYS[3], has, owner) end
  elseif has > 1 then
    forget(owner, redis.call('ZRANGE', prefix .. 's:' .. owner, 0, 0)[1])
  else
    forget(string.sub(oldest, 1, 32), string.sub(oldest, 34))
  end
end
"""
# What a question waits for its conversation at most, twice: it is read, and added to.
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
        self._settings = settings
        self._keeping = self._redis.register_script(KEEP)
        self._keep = timedelta(hours=settings.keep_hours)

    def history(self, owner: str, session_id: str) -> list[Exchange]:
        with self._reached():
            found = self._redis.lrange(_key(owner, session_id), 0, -1)
        return [Exchange.model_validate_json(text) for text in found]

    def append(self, owner: str, session_id: str, exchange: Exchange) -> None:
        key, index, whose = _key(owner, session_id), _index(owner), _owner_hash(owner)
        with self._reached(), self._redis.pipeline() as pipe:
            pipe.rpush(key, exchange.model_dump_json())
            pipe.ltrim(key, -self._settings.most_exchanges, -1)
            pipe.expire(key, self._keep)
            arguments: list[Any] = [whose, session_id, time.time(), self._keep.total_seconds()]
            bounds: list[Any] = [self._settings.most_per_owner, self._settings.most_in_redis]
            self._keeping([index, ALL, OWNERS], [*arguments, *bounds, PREFIX], client=pipe)
            pipe.execute()

    def list(self, owner: str) -> list[SessionSummary]:
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
        with self._reached(), self._redis.pipeline() as pipe:
            pipe.delete(_key(owner, session_id))
            pipe.zrem(_index(owner), session_id)
            pipe.zrem(ALL, f"{_owner_hash(owner)}:{session_id}")
            deleted, *_ = pipe.execute()
        return bool(deleted)

    def close(self) -> None:
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
            with translate_redis_errors(SessionsUnavailable):
                yield
        except SessionsUnavailable:
            self._left_alone_until = time.monotonic() + LEFT_ALONE_S
            raise


def _index(owner: str) -> str:
    return f"{PREFIX}s:{_owner_hash(owner)}"


def _key(owner: str, session_id: str) -> str:
    return f"{PREFIX}:{_owner_hash(owner)}:{session_id}"


def _owner_hash(owner: str) -> str:
    """An owner's id may hold anything; its hash is of one form, 32 characters."""
    return hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:32]
