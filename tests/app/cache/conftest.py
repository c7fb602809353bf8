"""Stores, and a cache over real parts."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis import Redis


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
