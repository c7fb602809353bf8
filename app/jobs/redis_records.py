"""Records in Redis, which lets them expire."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from app.errors import JobsUnavailable
from app.store.redis_errors import translate_redis_errors

if TYPE_CHECKING:
    from redis import Redis

# Sets a key if it still holds what the caller read. KEYS: the key; ARGV: before, after, seconds.
REPLACE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""


class RedisRecords:
    """Records as `prefix:folder:name`; each is gone `keep_s` seconds after it was last written."""

    def __init__(self, redis: Redis, prefix: str, keep_s: int) -> None:
        self._redis = redis
        self._prefix = prefix
        self._keep_s = keep_s

    def get(self, key: str) -> str | None:
        with translate_redis_errors(JobsUnavailable):
            found = cast("bytes | None", self._redis.get(self._key(key)))
        return None if found is None else found.decode()

    def create(self, key: str, value: str) -> bool:
        with translate_redis_errors(JobsUnavailable):
            done = bool(self._redis.set(self._key(key), value, ex=self._keep_s, nx=True))
            if done:
                self._list(key)
        return done

    def replace(self, key: str, before: str, value: str) -> bool:
        with translate_redis_errors(JobsUnavailable):
            done = self._redis.eval(REPLACE, 1, self._key(key), before, value, str(self._keep_s))
            if done:
                self._list(key)
        return bool(done)

    def put(self, key: str, value: str) -> None:
        with translate_redis_errors(JobsUnavailable):
            self._redis.set(self._key(key), value, ex=self._keep_s)
            self._list(key)

    def delete(self, key: str) -> None:
        folder, _, name = key.rpartition("/")
        with translate_redis_errors(JobsUnavailable):
            self._redis.delete(self._key(key))
            self._redis.zrem(self._names(folder), name)

    def names(self, folder: str) -> list[str]:
        with translate_redis_errors(JobsUnavailable):
            self._redis.zremrangebyscore(self._names(folder), "-inf", time.time() - self._keep_s)
            found = cast("list[bytes]", self._redis.zrange(self._names(folder), 0, -1))
        return sorted(name.decode() for name in found)

    def _list(self, key: str) -> None:
        """Enter a key in its folder's list: Redis has none of its own but of all its keys."""
        folder, _, name = key.rpartition("/")
        self._redis.zadd(self._names(folder), {name: time.time()})
        self._redis.expire(self._names(folder), self._keep_s)

    def _key(self, key: str) -> str:
        return f"{self._prefix}:{key.replace('/', ':')}"

    def _names(self, folder: str) -> str:
        return f"{self._prefix}:names:{folder.replace('/', ':')}"
