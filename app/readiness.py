"""Which of the things that an answer depends on can be used right now."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from app.parts import Parts
from prompts.errors import PlumbError

if TYPE_CHECKING:
    from redis import Redis

REDIS_TIMEOUT_S = 1.0
# Answers go on without these: without a cache, conversations, and jobs.
OPTIONAL = frozenset({"redis"})


class Dependency(BaseModel):
    """One dependency's state.

    Attributes:
        ready: whether it can be used.
        needed: whether questions cannot be answered without it.
        detail: what to look at when it is not ready.
    """

    ready: bool
    needed: bool = True
    detail: str | None = None


class Report(BaseModel):
    """Whether questions can be answered.

    Attributes:
        ready: whether they can.
        release: the release that this process serves; None: it is pinned to none.
        dependencies: each one's state, of those that are needed and of the others.
    """

    ready: bool
    release: str | None = None
    dependencies: dict[str, Dependency]


class Readiness:
    """Checks index, embedding model, prompt, chat model, and Redis where it is set."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._redis: Redis | None = None
        url = parts.settings.redis.url
        if url is not None:
            from redis import Redis

            self._redis = Redis.from_url(
                url.get_secret_value(),
                socket_timeout=REDIS_TIMEOUT_S,
                socket_connect_timeout=REDIS_TIMEOUT_S,
            )

    def report(self) -> Report:
        """Check all of them now."""
        checks: dict[str, Callable[[], Any]] = {
            "index": self._parts.sets.check,
            "embedding_model": lambda: self._parts.embedder.embed_query("ready"),
            "chat_model": self._parts.answers.check,
        }
        if self._redis is not None:
            checks["redis"] = self._redis.ping
        found = {name: _state(check) for name, check in checks.items()}
        for name in OPTIONAL & found.keys():
            found[name] = found[name].model_copy(update={"needed": False})
        ready = all(state.ready for state in found.values() if state.needed)
        pins = self._parts.settings.release
        release = None if pins is None else pins.id
        return Report(ready=ready, release=release, dependencies=found)

    def close(self) -> None:
        """Let go of Redis."""
        if self._redis is not None:
            self._redis.close()


def _state(check: Callable[[], Any]) -> Dependency:
    from redis.exceptions import RedisError

    try:
        check()
    except (PlumbError, RedisError, OSError) as error:
        return Dependency(ready=False, detail=" ".join(str(error).split()))
    return Dependency(ready=True)
