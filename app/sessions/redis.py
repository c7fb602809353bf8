"""Sessions in Redis, for any number of processes; Redis lets them expire."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from app.errors import SessionsUnavailable
from app.sessions.session import Exchange, KeptSession, Title, title_of
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
  redis.call('HDEL', prefix .. '-titles:' .. owner, session)
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
# Adds an exchange to a session's list, in place of the one with a given answer and of all after it.
# The first one gives the session its title, unless its owner has named it.
ADD = """
local list, titles, id = KEYS[1], KEYS[2], ARGV[1]
local exchange, replaces, title, most, keep_s = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
if replaces ~= '' then
  for place, text in ipairs(redis.call('LRANGE', list, 0, -1)) do
    if cjson.decode(text)['answer_id'] == replaces then
      if place == 1 then redis.call('DEL', list) else redis.call('LTRIM', list, 0, place - 2) end
      break
    end
  end
end
if redis.call('EXISTS', list) == 0 then
  local named = redis.call('HGET', titles, id)
  if not named or not cjson.decode(named)['named'] then redis.call('HSET', titles, id, title) end
end
redis.call('RPUSH', list, exchange)
redis.call('LTRIM', list, -most, -1)
redis.call('EXPIRE', list, math.ceil(keep_s))
redis.call('EXPIRE', titles, math.ceil(keep_s))
"""
# Names a session that is there.
RENAME = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], tonumber(ARGV[3]))
return 1
"""
# What a question waits for its conversation at most, twice: it is read, and added to.
TIMEOUT_S = 0.25
# After Redis failed, it is left alone for so long: no question waits for it meanwhile.
LEFT_ALONE_S = 1.0


class RedisSessions:
    """A session is a list of exchanges as JSON; an owner's sessions are a sorted set by time.

    Their titles are a hash beside it.
    """

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
        self._adding = self._redis.register_script(ADD)
        self._renaming = self._redis.register_script(RENAME)
        self._keep = timedelta(hours=settings.keep_hours)
        self._keep_s = self._keep.total_seconds()

    def history(self, owner: str, session_id: str) -> list[Exchange]:
        with self._reached():
            found = self._redis.lrange(_key(owner, session_id), 0, -1)
        return [Exchange.model_validate_json(text) for text in found]

    def append(
        self, owner: str, session_id: str, exchange: Exchange, replaces: str | None = None
    ) -> None:
        key, index, whose = _key(owner, session_id), _index(owner), _owner_hash(owner)
        added: list[Any] = [session_id, exchange.model_dump_json(), replaces or ""]
        added += [title_of(exchange).model_dump_json(), self._settings.most_exchanges]
        with self._reached(), self._redis.pipeline() as pipe:
            self._adding([key, _titles(owner)], [*added, self._keep_s], client=pipe)
            arguments: list[Any] = [whose, session_id, time.time(), self._keep_s]
            limits: list[Any] = [self._settings.most_per_owner, self._settings.most_in_redis]
            self._keeping([index, ALL, OWNERS], [*arguments, *limits, PREFIX], client=pipe)
            pipe.execute()

    def list(self, owner: str, limit: int | None = None) -> list[KeptSession]:
        index = _index(owner)
        with self._reached():
            with self._redis.pipeline() as pipe:
                pipe.zremrangebyscore(index, "-inf", time.time() - self._keep_s)
                pipe.zrevrange(index, 0, -1 if limit is None else limit - 1, withscores=True)
                _, found = pipe.execute()
            ids = [id_ for id_, _ in found]
            titles = self._redis.hmget(_titles(owner), ids) if ids else []
        times = [datetime.fromtimestamp(score, UTC) for _, score in found]
        return [
            KeptSession(
                session_id=id_,
                updated=at,
                expires=at + self._keep,
                # A version before titles has begun it.
                title=Title.model_validate_json(title) if title else Title(),
            )
            for id_, at, title in zip(ids, times, titles, strict=True)
        ]

    def rename(self, owner: str, session_id: str, title: Title) -> bool:
        keys = [_key(owner, session_id), _titles(owner)]
        with self._reached():
            return bool(
                self._renaming(keys, [session_id, title.model_dump_json(), ceil(self._keep_s)])
            )

    def delete(self, owner: str, session_id: str) -> bool:
        with self._reached(), self._redis.pipeline() as pipe:
            pipe.delete(_key(owner, session_id))
            pipe.zrem(_index(owner), session_id)
            pipe.zrem(ALL, f"{_owner_hash(owner)}:{session_id}")
            pipe.hdel(_titles(owner), session_id)
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


def _titles(owner: str) -> str:
    return f"{PREFIX}-titles:{_owner_hash(owner)}"


def _key(owner: str, session_id: str) -> str:
    return f"{PREFIX}:{_owner_hash(owner)}:{session_id}"


def _owner_hash(owner: str) -> str:
    """An owner's id may hold anything; its hash is of one form, 32 characters."""
    return hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:32]
