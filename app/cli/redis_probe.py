"""Look through all that Redis holds for a document: kept answers, sessions, and everything else."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator
from typing import Any

from app.settings.tree import Settings
from ingestion.errors import IndexUnavailable
from ingestion.versions.deletion_proof import Probe

TIMEOUT_S = 5.0
PAGE = 1000
ANSWERS = b"plumb:cache:answer:"
# Conversations, and their titles.
SESSIONS = (b"plumb:session:", b"plumb:session-titles:")


def probe_redis(settings: Settings, serving: Collection[str], document: str) -> Probe:
    """Look at every key, and at its value as its type is read; kept answers are unpacked.

    A kept answer can be given again only if it is of a version that answers come from; a session's words are in
    no answer. What is found under any other key counts as live, since nobody knows what it is for.

    Args:
        serving: the index versions that answers come from.

    Raises:
        IndexUnavailable: Redis cannot be looked through.
    """
    if settings.redis.url is None:
        return Probe(where="Redis", looked_at="none is set")
    from redis import Redis
    from redis.exceptions import RedisError

    client: Any = Redis.from_url(
        settings.redis.url.get_secret_value(),
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
    )
    wanted = document.encode()
    looked = 0
    found: list[bytes] = []
    live = False
    try:
        for key in client.scan_iter(count=PAGE):
            looked += 1
            held = [value for value in _values(client, key) if wanted in value]
            if not held and wanted not in key:
                continue
            found.append(key)
            live = live or _is_live(key, held, serving)
    except RedisError as error:
        raise IndexUnavailable(
            f"Redis cannot be looked through: {error}; check PLUMB_REDIS_URL and try again."
        ) from error
    finally:
        client.close()
    return Probe(
        where="Redis",
        looked_at=f"{looked} keys with their values, for the document's id",
        found=", ".join(key.decode("utf-8", "replace") for key in found[:5]),
        live=live,
        mend="; ".join(_mends(found)),
    )


def _values(client: Any, key: bytes) -> Iterator[bytes]:
    kind = client.type(key).decode()
    if kind == "string":
        value = client.get(key) or b""
        yield _unpacked(value)
    elif kind == "list":
        yield from client.lrange(key, 0, -1)
    elif kind == "set":
        yield from client.sscan_iter(key)
    elif kind == "zset":
        yield from client.zrange(key, 0, -1)
    elif kind == "hash":
        for field, value in client.hscan_iter(key):
            yield from (field, value)
    elif kind == "stream":
        for _, fields in client.xrange(key):
            yield from (part for pair in fields.items() for part in pair)
    else:
        yield client.dump(key) or b""


def _unpacked(value: bytes) -> bytes:
    try:
        return zlib.decompress(value)
    except zlib.error:
        return value


def _is_live(key: bytes, held: list[bytes], serving: Collection[str]) -> bool:
    if key.startswith(ANSWERS):
        named = [f'"index_version":"{version}"'.encode() for version in serving]
        return any(name in value for name in named for value in held)
    return not key.startswith(SESSIONS)


def _mends(found: list[bytes]) -> Iterator[str]:
    if any(key.startswith(ANSWERS) for key in found):
        yield "`plumb cache clear`"
    if any(key.startswith(SESSIONS) for key in found):
        yield "delete the sessions, or wait: they are forgotten session.keep_hours after the last word"
    if any(not key.startswith((ANSWERS, *SESSIONS)) for key in found):
        yield "delete these keys"
