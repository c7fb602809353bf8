"""Which of the things that an answer depends on can be used right now."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from app.store.database import Database
from app.wiring import Parts
from prompts.errors import PlumbError

if TYPE_CHECKING:
    from redis import Redis

REDIS_TIMEOUT_S = 1.0
TIMEOUT_S = 4.0
# Answers go on without these: without a cache, conversations and jobs; without being stored.
OPTIONAL = frozenset({"redis", "database"})


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
    """Checks index, embedding model, prompt, chat model, and database and Redis where they are set.

    Each check has a thread of its own, and runs once however many ask: one that hangs holds up
    nothing else.

    Args:
        timeout_s: how long the checks may take, seconds.
        database: of answers and keys; None: none is checked.
    """

    def __init__(
        self, parts: Parts, timeout_s: float = TIMEOUT_S, database: Database | None = None
    ) -> None:
        self._parts = parts
        self._database = database
        self._timeout_s = timeout_s
        self._running: dict[str, asyncio.Future[Dependency]] = {}
        self._redis: Redis | None = None
        url = parts.settings.redis.url
        if url is not None:
            from redis import Redis

            self._redis = Redis.from_url(
                url.get_secret_value(),
                socket_timeout=REDIS_TIMEOUT_S,
                socket_connect_timeout=REDIS_TIMEOUT_S,
            )

    def checks(self) -> dict[str, Callable[[], Any]]:
        """What checks each dependency; it raises an exception where that cannot be used."""
        checks: dict[str, Callable[[], Any]] = {
            "index": self._parts.sets.check,
            "embedding_model": lambda: self._parts.embedder.embed_query("ready"),
            "chat_model": self._parts.answers.check,
        }
        if self._database is not None:
            checks["database"] = self._database.check
        if self._redis is not None:
            checks["redis"] = self._redis.ping
        return checks

    async def report(self) -> Report:
        """Check all of them now; what says nothing in time is not ready."""
        running = {name: self._begun(name, check) for name, check in self.checks().items()}
        await asyncio.wait(running.values(), timeout=self._timeout_s)
        late = Dependency(ready=False, detail=f"says nothing within {self._timeout_s:g} s")
        found = {name: one.result() if one.done() else late for name, one in running.items()}
        for name in OPTIONAL & found.keys():
            found[name] = found[name].model_copy(update={"needed": False})
        ready = all(state.ready for state in found.values() if state.needed)
        pins = self._parts.settings.release
        release = None if pins is None else pins.id
        return Report(ready=ready, release=release, dependencies=found)

    def _begun(self, name: str, check: Callable[[], Any]) -> asyncio.Future[Dependency]:
        running = self._running.get(name)
        if running is None or running.done():
            running = self._running[name] = _in_thread(name, check)
        return running

    def close(self) -> None:
        """Close the connection to Redis."""
        if self._redis is not None:
            self._redis.close()


def _in_thread(name: str, check: Callable[[], Any]) -> asyncio.Future[Dependency]:
    """Check in a new thread, which ends with the process where the check never does."""
    found: Future[Dependency] = Future()
    found.set_running_or_notify_cancel()

    def run() -> None:
        try:
            found.set_result(_state(check))
        except Exception as error:  # noqa: BLE001 (raised again where it is awaited)
            found.set_exception(error)

    threading.Thread(target=run, name=f"ready-{name}", daemon=True).start()
    return asyncio.wrap_future(found)


def _state(check: Callable[[], Any]) -> Dependency:
    from redis.exceptions import RedisError

    try:
        check()
    except (PlumbError, RedisError, OSError) as error:
        return Dependency(ready=False, detail=" ".join(str(error).split()))
    return Dependency(ready=True)
