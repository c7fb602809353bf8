"""Stores, and a cache over real parts."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis import Redis

from app.cache.answers import AnswerCache
from app.cache.factory import answer_cache, open_store, question_vectors
from app.document_sets.embedders import only_model
from app.wiring import Parts


@pytest.fixture
def make_cache() -> Iterator[Callable[[Parts], AnswerCache]]:
    """The cache that the parts' settings ask for."""
    made: list[AnswerCache] = []

    def make(parts: Parts) -> AnswerCache:
        store = open_store(parts.settings)
        vectors = question_vectors(parts.settings, only_model(parts.embedder), store)
        made.append(answer_cache(parts.settings, store, vectors))
        return made[-1]

    yield make
    for cache in made:
        cache.close()


@pytest.fixture
def redis_process(redis_url: str) -> int:
    """The process id of the Redis server."""
    with Redis.from_url(redis_url) as redis:
        info: Any = redis.info("server")
    return int(info["process_id"])


@pytest.fixture
def stopped(redis_process: int) -> Callable[[], Any]:
    """A context in which Redis takes connections and answers nothing."""

    @contextmanager
    def stop() -> Iterator[None]:
        os.kill(redis_process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(redis_process, signal.SIGCONT)

    return stop
