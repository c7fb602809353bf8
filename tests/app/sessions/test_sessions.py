"""Sessions in the process and in Redis, under one suite."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from app.errors import InvalidRequest, SessionsUnavailable
from app.session_settings import SessionSettings
from app.sessions.memory import MemorySessions
from app.sessions.redis import TIMEOUT_S, RedisSessions
from app.sessions.session import Exchange, Sessions, check_session_id

SETTINGS = SessionSettings(most_exchanges=3, most=2)


@pytest.fixture(params=["memory", "redis"])
def sessions(request: pytest.FixtureRequest) -> Iterator[Sessions]:
    if request.param == "memory":
        yield MemorySessions(SETTINGS)
        return
    opened = RedisSessions(request.getfixturevalue("redis_url"), SETTINGS)
    yield opened
    opened.close()


def said(question: str) -> Exchange:
    return Exchange(
        at=datetime.now(UTC), question=question, standalone=question, answer="A.", answer_id="ans_1"
    )


def test_what_is_said_is_kept_in_order_and_bounded(sessions: Sessions) -> None:
    assert sessions.history("anna", "s") == []
    for number in range(5):
        sessions.append("anna", "s", said(f"question {number}"))
    questions = [exchange.question for exchange in sessions.history("anna", "s")]
    assert questions == ["question 2", "question 3", "question 4"]


def test_an_owner_sees_their_own_sessions_only(sessions: Sessions) -> None:
    sessions.append("anna", "s", said("anna's"))
    sessions.append("ben", "s", said("ben's"))
    assert [exchange.question for exchange in sessions.history("anna", "s")] == ["anna's"]
    assert [one.session_id for one in sessions.list("anna")] == ["s"]
    assert sessions.list("carl") == []
    assert not sessions.delete("carl", "s")
    assert sessions.delete("anna", "s")
    assert sessions.history("anna", "s") == []
    assert sessions.list("anna") == []
    assert sessions.history("ben", "s") != []


def test_sessions_are_listed_last_spoken_in_first(sessions: Sessions) -> None:
    for id_ in ("one", "two", "one"):
        sessions.append("anna", id_, said("x"))
    listed = sessions.list("anna")
    assert [one.session_id for one in listed] == ["one", "two"]
    assert listed[0].expires - listed[0].updated == timedelta(hours=24)


def test_redis_forgets_by_itself(redis_url: str) -> None:
    sessions = RedisSessions(redis_url, SETTINGS)
    sessions.append("anna", "s", said("x"))
    redis = Redis.from_url(redis_url)
    keys = list(redis.scan_iter())
    assert len(keys) == 4
    assert all(0 < redis.ttl(key) <= 24 * 3600 for key in keys)
    assert all(b"anna" not in key for key in keys)
    redis.close()
    sessions.close()


def test_the_process_forgets_in_time_and_when_it_holds_too_many() -> None:
    now = [datetime(2026, 11, 24, tzinfo=UTC)]
    sessions = MemorySessions(SETTINGS, now=lambda: now[0])
    for id_ in ("one", "two", "three"):
        sessions.append("anna", id_, said("x"))
    assert [one.session_id for one in sessions.list("anna")] == ["three", "two"]
    now[0] += timedelta(hours=25)
    assert sessions.list("anna") == []
    assert not sessions.delete("anna", "two")


def test_a_redis_that_is_away_is_told() -> None:
    sessions = RedisSessions("redis://127.0.0.1:1/0", SETTINGS)
    for use in (
        lambda: sessions.history("a", "s"),
        lambda: sessions.append("a", "s", said("x")),
        lambda: sessions.list("a"),
        lambda: sessions.delete("a", "s"),
    ):
        with pytest.raises(SessionsUnavailable, match=r"redis\.url"):
            use()


def test_a_redis_that_hangs_costs_one_timeout(redis_url: str) -> None:
    sessions = RedisSessions(redis_url, SETTINGS)
    sessions.append("anna", "s", said("before"))
    with Redis.from_url(redis_url) as redis:
        process = redis.info("server")["process_id"]
    os.kill(process, signal.SIGSTOP)
    try:
        began = time.perf_counter()
        for use in (
            lambda: sessions.history("anna", "s"),
            lambda: sessions.append("anna", "s", said("meanwhile")),
            lambda: sessions.history("anna", "s"),
        ):
            with pytest.raises(SessionsUnavailable, match=r"redis\.url"):
                use()
        assert time.perf_counter() - began < 3 * TIMEOUT_S
    finally:
        os.kill(process, signal.SIGCONT)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with suppress(SessionsUnavailable):
            assert [one.question for one in sessions.history("anna", "s")] == ["before"]
            break
    else:
        pytest.fail("it is never asked again")
    sessions.close()


@pytest.mark.parametrize("session_id", ["", "a b", "a/b", "x" * 101, "ü", "a\n"])
def test_an_id_that_is_none_is_refused(session_id: str) -> None:
    with pytest.raises(InvalidRequest, match="session_id"):
        check_session_id(session_id)
