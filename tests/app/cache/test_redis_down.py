"""Redis slow, stopped, killed: answers go on, and it costs a timeout now and then."""

from __future__ import annotations

import os
import signal
import time

import pytest

from app.cache.redis_store import RedisStore
from app.cache.store import Lock

TIMEOUT_S = 0.05


def test_a_stopped_redis_costs_one_timeout(redis_url, stopped) -> None:
    store = RedisStore(redis_url, TIMEOUT_S, aside_s=60)
    store.put("a", b"x", 60)
    with stopped():
        began = time.perf_counter()
        for _ in range(100):
            assert store.get("a") is None
        store.put("b", b"x", 60)
        assert store.do(Lock("flight", "me", 60))[0]
        took = time.perf_counter() - began
    assert TIMEOUT_S * 0.9 < took < 4 * TIMEOUT_S
    assert (store.stats().failures, store.stats().aside) == (1, True)
    store.close()


def test_it_is_asked_again_after_a_while(redis_url, stopped) -> None:
    store = RedisStore(redis_url, TIMEOUT_S, aside_s=0.05)
    store.put("a", b"x", 60)
    with stopped():
        assert store.get("a") is None
    until = time.monotonic() + 10
    while store.get("a") != b"x":
        assert time.monotonic() < until
    assert not store.stats().aside
    store.close()


def test_it_is_left_alone_longer_each_time_it_fails_again(redis_url, stopped, caplog) -> None:
    store = RedisStore(redis_url, 0.01, aside_s=0.16)
    with stopped():
        until = time.monotonic() + 10
        while store.stats().failures < 6:
            store.get("a")
            assert time.monotonic() < until
    pauses = [record.args[0] for record in caplog.records]
    assert pauses == pytest.approx([0.01, 0.02, 0.04, 0.08, 0.16, 0.16])
    store.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_answers_go_on_when_redis_goes(
    how, make_parts, make_cache, redis_url, redis_process, openai
) -> None:
    openai.reply = 'It lasts "24 months from delivery" [1].'
    timeout_s = 0.3
    parts = make_parts(
        redis__url=redis_url,
        cache__timeout_ms=1000 * timeout_s,
        chat__model="openai:some-model",
        chat__base_url=openai.url,
    )
    cache = make_cache(parts)
    prepared = parts.answers.prepare("How long is the warranty on a refrigeration unit?")

    def ask() -> str:
        return cache.answer(prepared, None, parts.answers.answer).kind

    assert [ask(), ask()] == ["miss", "exact"]
    parts.answers.answer(prepared)
    began = time.perf_counter()
    parts.answers.answer(prepared)
    alone = time.perf_counter() - began
    os.kill(redis_process, how)
    try:
        began = time.perf_counter()
        assert [ask() for _ in range(5)] == ["miss"] * 5
        took = time.perf_counter() - began
    finally:
        if how == signal.SIGSTOP:
            os.kill(redis_process, signal.SIGCONT)
    assert took < 5 * (alone + 0.1) + 2 * timeout_s, "each answer waited for Redis"
    assert cache.stats().store.failures >= 1
