"""A cache in Redis that costs at most a timeout when Redis is slow or gone."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import RedisError
from redis.retry import Retry

from app.cache.store import (
    Append,
    Get,
    Lock,
    Op,
    Put,
    Renew,
    Since,
    StoreStats,
    Unlock,
)
from app.errors import CacheUnavailable
from app.store.redis_errors import translate_redis_errors

logger = logging.getLogger(__name__)
PREFIX = "plumb:cache:"
# Records of a list read in one call, so that no single call takes long.
AT_ONCE = 500
# Sets how long a key lives, or deletes it (0), if it still holds the token.
IF_MINE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
T = TypeVar("T")


class RedisStore:
    """Keeps things in Redis as `plumb:cache:…`; any Redis will do, no module is needed.

    A call that fails counts as one that found nothing, and Redis is then not asked for a while: a
    sixteenth of `aside_s` after the first failure, twice as long after each further one, `aside_s`
    at most. So an outage costs one timeout now and then, and a hiccup next to nothing.

    Args:
        url: `redis://host:6379/0`.
        timeout_s: limit on connecting and on each call.
        aside_s: for how long, at most, failures keep it from being asked.
    """

    def __init__(self, url: str, timeout_s: float, aside_s: float) -> None:
        self.shared = True
        self._redis = Redis.from_url(
            url,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            # Once more for a connection that the server closed while it was idle; never after a
            # timeout, which would double what a slow Redis costs.
            retry=Retry(NoBackoff(), 1, supported_errors=(Disconnected,)),
        )
        self._aside_s = aside_s
        self._aside_until = 0.0
        self._pause_s = 0.0
        self._failures = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        return self._try(lambda: cast("bytes | None", self._redis.get(PREFIX + key)), None)

    def put(self, key: str, value: bytes, ttl_s: float) -> None:
        self._try(lambda: self._redis.set(PREFIX + key, value, px=_ms(ttl_s)), None)

    def do(self, *ops: Op) -> list[Any]:
        """Several of these in one call."""

        def call() -> list[Any]:
            with self._redis.pipeline(transaction=False) as pipe:
                for op in ops:
                    _queue(pipe, op)
                replies = iter(pipe.execute())
            return [_read(op, replies) for op in ops]

        results = self._try(call, [_otherwise(op) for op in ops])
        for place, op in enumerate(ops):
            if isinstance(op, Since) and len(results[place][1]) == AT_ONCE:
                cursor, first = results[place]
                [(last, more)] = self.do(Since(op.key, cursor))
                results[place] = last, first + more
        return results

    def keys(self, prefix: str) -> Iterator[str]:
        with translate_redis_errors(CacheUnavailable):
            for key in self._redis.scan_iter(match=f"{PREFIX}{prefix}*", count=1000):
                yield cast("bytes", key).decode()[len(PREFIX) :]

    def clear(self, prefix: str) -> int:
        dropped = 0
        found = [PREFIX + key for key in self.keys(prefix)]
        with translate_redis_errors(CacheUnavailable):
            for key in found:
                if self._redis.type(key) == b"stream":
                    # Emptied, not deleted: its next record must come after every cursor, in the
                    # same millisecond too.
                    self._redis.xtrim(key, maxlen=0, approximate=False)
                    dropped += 1
                else:
                    dropped += self._redis.unlink(key)
        return dropped

    def stats(self) -> StoreStats:
        """What failed; what it holds, Redis itself knows."""
        return StoreStats(failures=self._failures, aside=self._is_aside())

    def close(self) -> None:
        self._redis.close()

    def _try(self, call: Callable[[], T], otherwise: T) -> T:
        if self._is_aside():
            return otherwise
        try:
            found = call()
        except RedisError as error:
            self._set_aside(error)
            return otherwise
        self._pause_s = 0.0
        return found

    def _set_aside(self, error: RedisError) -> None:
        with self._lock:
            self._failures += 1
            if self._is_aside():
                # Another thread's call, begun before, failed of the same.
                return
            self._pause_s = min(self._aside_s, 2 * self._pause_s or self._aside_s / 16)
            self._aside_until = time.monotonic() + self._pause_s
        logger.warning(
            "answers go on without their cache for %.1f s: Redis: %s",
            self._pause_s,
            " ".join(str(error).split()),
        )

    def _is_aside(self) -> bool:
        return time.monotonic() < self._aside_until


def _queue(pipe: Any, op: Op) -> None:
    key = PREFIX + op.key
    match op:
        case Get():
            pipe.get(key)
        case Put():
            pipe.set(key, op.value, px=_ms(op.ttl_s))
        case Append():
            pipe.xadd(key, {"r": op.record}, maxlen=op.most, approximate=False)
            pipe.pexpire(key, _ms(op.ttl_s))
        case Since():
            pipe.xrange(key, min=_after(op.cursor), count=AT_ONCE)
        case Lock():
            pipe.set(key, op.token, px=_ms(op.ttl_s), nx=True)
        case Renew():
            pipe.eval(IF_MINE, 1, key, op.token, str(_ms(op.ttl_s)))
        case Unlock():
            pipe.eval(IF_MINE, 1, key, op.token, "0")


def _read(op: Op, replies: Iterator[Any]) -> Any:
    reply = next(replies)
    match op:
        case Get():
            return reply
        case Lock():
            return bool(reply)
        case Since():
            records = [fields[b"r"] for _, fields in reply]
            return (reply[-1][0].decode() if reply else op.cursor), records
        case Append():
            next(replies)
    return None


def _otherwise(op: Op) -> Any:
    """What an operation gives when Redis is gone."""
    match op:
        case Lock():
            return True
        case Since():
            return op.cursor, []
    return None


def _after(cursor: str) -> str:
    return f"({cursor}" if cursor else "-"


def _ms(seconds: float) -> int:
    return max(1, int(seconds * 1000))
