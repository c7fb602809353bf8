"""Tell errors of Redis as ours, in one form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prompts.errors import PlumbError


@contextmanager
def translate_redis_errors(kind: type[PlumbError]) -> Iterator[None]:
    """Raise what Redis' client raises as an error of this kind.

    Raises:
        kind: Redis failed.
    """
    from redis.exceptions import RedisError

    try:
        yield
    except RedisError as error:
        detail = " ".join(str(error).split())
        raise kind(f"Redis: {detail}; check redis.url, and that it runs.") from error
