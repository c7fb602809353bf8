"""Sessions in the process and in Redis, under one suite."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from app.errors import InvalidRequest, SessionsUnavailable
from app.sessions.memory import MemorySessions
from app.sessions.redis import TIMEOUT_S, RedisSessions
from app.sessions.session import Exchange, Sessions, Title, check_session_id, shortened
from app.settings.sessions import SessionSettings

SETTINGS = SessionSettings(most_exchanges=3, most=2, most_in_redis=2)


@pytest.fixture(params=["memory", "redis"])
def make_sessions(request: pytest.FixtureRequest) -> Iterator[Callable[..., Sessions]]:
    with ExitStack() as opened:

        def make(settings: SessionSettings) -> Sessions:
            made: Sessions = MemorySessions(settings)
            if request.param == "redis":
                made = RedisSessions(request.getfixturevalue("redis_url"), settings)
            opened.callback(made.close)
            return made

        yield make


@pytest.fixture
def sessions(make_sessions: Callable[..., Sessions]) -> Sessions:
    return make_sessions(SETTINGS)


def said(question: str, answer_id: str = "ans_1") -> Exchange:
    return Exchange(
        at=datetime.now(UTC),
        question=question,
        standalone=question,
        answer="A.",
        answer_id=answer_id,
    )


def titles(sessions: Sessions, owner: str = "anna") -> dict[str, str]:
    return {one.session_id: one.title.text for one in sessions.list(owner)}


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


def test_the_first_question_is_the_title_until_its_owner_names_it(
    make_sessions: Callable[..., Sessions],
) -> None:
    sessions = make_sessions(SessionSettings(most_exchanges=2))
    for number in range(4):
        sessions.append("anna", "s", said(f"question\n {number}"))
    sessions.append("anna", "t", said("another"))
    assert titles(sessions) == {"t": "another", "s": "question 0"}
    assert sessions.rename("anna", "s", Title(text="Warranty", named=True))
    sessions.append("anna", "s", said("question 5"))
    assert titles(sessions) == {"s": "Warranty", "t": "another"}
    assert not sessions.rename("anna", "none", Title(text="x"))
    assert not sessions.rename("ben", "s", Title(text="x"))
    assert sessions.delete("anna", "s")
    sessions.append("anna", "s", said("begun again"))
    assert titles(sessions)["s"] == "begun again"
    assert [one.session_id for one in sessions.list("anna", limit=1)] == ["s"]


def test_a_question_takes_the_place_of_another_and_of_what_came_after_it(
    make_sessions: Callable[..., Sessions],
) -> None:
    sessions = make_sessions(SessionSettings())

    def questions() -> list[str]:
        return [one.question for one in sessions.history("anna", "s")]

    for number in range(4):
        sessions.append("anna", "s", said(f"question {number}", f"ans_{number}"))
    sessions.append("anna", "s", said("instead", "ans_5"), replaces="ans_2")
    assert questions() == ["question 0", "question 1", "instead"]
    assert titles(sessions) == {"s": "question 0"}
    # One that is not there, or is of another session, replaces nothing.
    sessions.append("anna", "t", said("another", "ans_9"))
    sessions.append("anna", "s", said("more", "ans_6"), replaces="ans_9")
    assert questions() == ["question 0", "question 1", "instead", "more"]
    sessions.append("anna", "s", said("all over", "ans_7"), replaces="ans_0")
    assert questions() == ["all over"]
    assert titles(sessions)["s"] == "all over"
    sessions.rename("anna", "s", Title(text="Mine", named=True))
    sessions.append("anna", "s", said("and again", "ans_8"), replaces="ans_7")
    assert titles(sessions)["s"] == "Mine"


def test_a_title_is_one_line_of_bounded_length() -> None:
    assert shortened(" a\n\tb\0\u202ec ") == "a b c"
    long = shortened("word " * 60)
    assert len(long) <= 80
    assert long.endswith("word…")
    assert len(shortened("x" * 500)) == 80


def ids(sessions: Sessions, owner: str) -> list[str]:
    """An owner's sessions, last spoken in first; each has its history, and no other has one."""
    listed = [one.session_id for one in sessions.list(owner)]
    for id_ in [*listed, *(str(number) for number in range(30))]:
        assert bool(sessions.history(owner, id_)) == (id_ in listed), (owner, id_)
    return listed


def test_an_owner_has_so_many_sessions(make_sessions: Callable[..., Sessions]) -> None:
    sessions = make_sessions(SessionSettings(most_per_owner=3))
    sessions.append("ben", "0", said("ben's"))
    for number in range(7):
        sessions.append("anna", str(number), said("x"))
        sessions.append("anna", "0", said("again"))
    assert ids(sessions, "anna") == ["0", "6", "5"]
    assert ids(sessions, "ben") == ["0"]
    assert sessions.delete("anna", "6")
    sessions.append("anna", "8", said("x"))
    assert ids(sessions, "anna") == ["8", "0", "5"]


def test_one_owners_sessions_push_out_nobody_elses(
    make_sessions: Callable[..., Sessions],
) -> None:
    sessions = make_sessions(SessionSettings(most=6, most_in_redis=6, most_per_owner=100))
    sessions.append("ben", "0", said("first of all"))
    sessions.append("carl", "1", said("second"))
    for number in range(20):
        sessions.append("anna", str(number), said("x"))
    assert ids(sessions, "anna") == ["19", "18", "17", "16"]
    assert ids(sessions, "ben") == ["0"]
    assert ids(sessions, "carl") == ["1"]
    # A later caller gets room, too, from the one with the most.
    for number in range(3):
        sessions.append("dora", str(number), said("x"))
    assert ids(sessions, "ben") == ["0"]
    assert ids(sessions, "carl") == ["1"]
    assert len(ids(sessions, "anna")) == 2
    assert len(ids(sessions, "dora")) == 2


def test_where_all_have_as_many_the_longest_silent_goes(
    make_sessions: Callable[..., Sessions],
) -> None:
    sessions = make_sessions(SessionSettings(most=3, most_in_redis=3))
    for owner in ("anna", "ben", "carl"):
        sessions.append(owner, "0", said("x"))
    sessions.append("anna", "0", said("again"))
    sessions.append("dora", "0", said("x"))
    assert [len(ids(sessions, owner)) for owner in ("anna", "ben", "carl", "dora")] == [1, 0, 1, 1]


def test_what_was_deleted_counts_no_more(make_sessions: Callable[..., Sessions]) -> None:
    sessions = make_sessions(SessionSettings(most=5, most_in_redis=5))
    for number in range(4):
        sessions.append("anna", str(number), said("x"))
    for number in range(3):
        sessions.delete("anna", str(number))
    for number in range(5):
        sessions.append("ben", str(number), said("x"))
    assert ids(sessions, "anna") == ["3"]
    assert ids(sessions, "ben") == ["4", "3", "2", "1"]


def test_limits_hold_whatever_owners_do(make_sessions: Callable[..., Sessions]) -> None:
    sessions = make_sessions(SessionSettings(most=12, most_in_redis=12, most_per_owner=5))
    chance = random.Random(19)
    owners = [f"owner {n}" for n in range(6)]
    for _ in range(400):
        owner, id_ = chance.choice(owners), str(chance.randrange(9))
        if chance.random() < 0.2:
            sessions.delete(owner, id_)
        else:
            sessions.append(owner, id_, said("x"))
            assert sessions.history(owner, id_)
    held = [len(ids(sessions, owner)) for owner in owners]
    assert max(held) <= 5
    assert 0 < sum(held) <= 12


def test_redis_keeps_nothing_of_what_it_forgot(redis_url: str) -> None:
    sessions = RedisSessions(redis_url, SessionSettings(most_in_redis=4, most_per_owner=3))
    for number in range(40):
        sessions.append(f"owner {number % 9}", str(number), said("x"))
    with Redis.from_url(redis_url) as redis:
        lists = [key for key in redis.scan_iter() if redis.type(key) == b"list"]
        assert len(lists) == redis.zcard("plumb:sessions-all") == 4
        assert redis.zcard("plumb:sessions-owners") == 4
        titles = [redis.hlen(key) for key in redis.scan_iter("plumb:session-titles:*")]
        assert sum(titles) == 4
    sessions.close()


def test_redis_expires_keys(redis_url: str) -> None:
    sessions = RedisSessions(redis_url, SETTINGS)
    sessions.append("anna", "s", said("x"))
    redis = Redis.from_url(redis_url)
    keys = list(redis.scan_iter())
    assert len(keys) == 5
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


def test_a_redis_that_is_away_is_reported() -> None:
    sessions = RedisSessions("redis://127.0.0.1:1/0", SETTINGS)
    for use in (
        lambda: sessions.history("a", "s"),
        lambda: sessions.append("a", "s", said("x")),
        lambda: sessions.list("a"),
        lambda: sessions.rename("a", "s", Title(text="x")),
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
