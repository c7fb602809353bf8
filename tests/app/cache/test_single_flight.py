"""Equal questions at one time make one call: among threads, among processes, when the first fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.cache.memory_store import MemoryStore
from app.cache.redis_store import RedisStore
from app.cache.single_flight import Landed, SingleFlight
from app.cache.store import Lock, Put
from app.cache.write_behind import WriteBehind
from app.errors import ChatModelFailed
from tests.app.cache.asker import ask_at_once

ROOT = Path(__file__).resolve().parents[3]
QUESTION = "How long is the warranty on a refrigeration unit?"


class Calls:
    """Counts calls; each waits until it may go on, then does what the test set."""

    def __init__(self, *outcomes: str | Exception) -> None:
        self.outcomes = list(outcomes)
        self.count = 0
        self.go = threading.Event()
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            number, self.count = self.count, self.count + 1
        assert self.go.wait(10)
        outcome = self.outcomes[min(number, len(self.outcomes) - 1)]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def flights_over(store, wait_s: float = 10, lease_s: float = 3) -> SingleFlight[str]:
    """Flights whose values the store keeps as text."""
    return SingleFlight(store, bytes.decode, wait_s, WriteBehind(), lease_s)


def single(flights: SingleFlight[str], compute, ttl_s: float = 0) -> tuple[str, bool]:
    """The value, and whether it was computed here; kept for `ttl_s` seconds, if for any."""
    # As the cache does: what was put before is waited for.
    flights._behind.wait()
    joined = flights.join("key", "kept")
    if isinstance(joined, Landed):
        return joined.value, False
    try:
        value = compute()
    except BaseException as error:
        joined.fail(error)
        raise
    joined.land(value, lambda: [Put("kept", value.encode(), ttl_s)] if ttl_s else [])
    return value, True


def fly(flights: SingleFlight[str], calls: Calls, times: int) -> list[str]:
    """What each of so many threads got; all have joined before the first call goes on."""
    barrier = threading.Barrier(times + 1)

    def one(_: int) -> str:
        barrier.wait()
        try:
            return single(flights, calls)[0]
        except ChatModelFailed as error:
            return f"failed: {error}"

    with ThreadPoolExecutor(times) as pool:
        results = pool.map(one, range(times))
        barrier.wait()
        until = time.monotonic() + 10
        while flights.waiting < times - 1:
            assert time.monotonic() < until
        calls.go.set()
        return list(results)


def test_many_threads_make_one_call(cache_store) -> None:
    calls = Calls("answer")
    assert fly(flights_over(cache_store), calls, 40) == ["answer"] * 40
    assert calls.count == 1


def test_a_failure_is_the_leaders_own_and_the_others_elect_another() -> None:
    calls = Calls(ChatModelFailed("no"), "answer")
    got = fly(flights_over(MemoryStore(10, 10_000)), calls, 20)
    assert sorted(got) == ["answer"] * 19 + ["failed: no"]
    assert calls.count == 2


def test_a_model_that_is_down_is_not_called_by_everybody() -> None:
    calls = Calls(ChatModelFailed("no"))
    got = fly(flights_over(MemoryStore(10, 10_000)), calls, 30)
    assert got == ["failed: no"] * 30
    assert calls.count == 2


def test_who_has_waited_long_enough_goes_alone() -> None:
    flights = flights_over(MemoryStore(10, 10_000), wait_s=0.05)
    calls = Calls("slow")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(single, flights, calls)
        while calls.count == 0:
            pass
        mine = single(flights, lambda: "mine")
        calls.go.set()
        assert mine == ("mine", True)
        assert slow.result() == ("slow", True)


def test_the_next_call_is_a_flight_of_its_own(cache_store) -> None:
    flights = flights_over(cache_store)
    assert single(flights, lambda: "one") == ("one", True)
    assert single(flights, lambda: "two") == ("two", True)


def test_what_was_kept_in_the_meantime_is_not_computed_again(cache_store) -> None:
    flights = flights_over(cache_store)
    assert single(flights, lambda: "one", ttl_s=60) == ("one", True)
    assert single(flights, lambda: "two") == ("one", False)


def test_a_lead_that_landed_cannot_fail(cache_store) -> None:
    flights = flights_over(cache_store)
    lead = flights.join("key", "kept")
    assert not isinstance(lead, Landed)
    lead.land("one", lambda: [Put("kept", b"one", 60)])
    lead.fail(ValueError("too late"))
    assert single(flights, lambda: "two") == ("one", False)


def test_a_lead_may_end_in_another_thread(cache_store) -> None:
    flights = flights_over(cache_store)
    lead = flights.join("key", "kept")
    assert not isinstance(lead, Landed)
    with ThreadPoolExecutor(2) as pool:
        follower = pool.submit(single, flights, lambda: "own")
        while flights.waiting == 0:
            pass
        pool.submit(lead.land, "led").result()
        assert follower.result(10) == ("led", False)


def test_a_leader_that_leaves_leaves_the_lead_to_another_process(redis_url) -> None:
    here, there = RedisStore(redis_url, 5, 5), RedisStore(redis_url, 5, 5)
    lead = flights_over(here).join("key", "kept")
    assert not isinstance(lead, Landed)
    lead.fail(ValueError("left"))
    assert single(flights_over(there), lambda: "mine") == ("mine", True)
    here.close()
    there.close()


def test_a_leader_that_died_is_followed_by_another(redis_url) -> None:
    store = RedisStore(redis_url, 5, 5)
    assert store.do(Lock("key", "of the dead", 0.3))[0]
    began = time.monotonic()
    assert single(flights_over(store), lambda: "mine") == ("mine", True)
    assert 0.2 < time.monotonic() - began < 2
    store.close()


def test_a_leader_that_lives_keeps_its_lead_beyond_the_lease(redis_url) -> None:
    here, there = RedisStore(redis_url, 5, 5), RedisStore(redis_url, 5, 5)
    calls = Calls("answer")
    flights, others = flights_over(here, lease_s=0.2), flights_over(there, lease_s=0.2)
    with ThreadPoolExecutor(2) as pool:
        leading = pool.submit(single, flights, calls, 60)
        while calls.count == 0:
            pass
        follower = pool.submit(single, others, lambda: "own")
        with pytest.raises(TimeoutError):
            follower.result(timeout=0.8)
        calls.go.set()
        assert leading.result(10) == ("answer", True)
        assert follower.result(10) == ("answer", False)
    flights.close()
    others.close()
    here.close()
    there.close()


@pytest.mark.load
def test_two_hundred_equal_questions_in_two_processes_make_one_call(
    make_parts, make_cache, redis_url, openai, tmp_path
) -> None:
    openai.reply = 'It lasts "24 months from delivery" [1].'
    overrides = {
        "redis__url": redis_url,
        "chat__model": "openai:some-model",
        "chat__base_url": openai.url,
        # This test is about one call, not about how quick a busy machine's Redis is.
        "cache__timeout_ms": 5000,
    }
    parts = make_parts(**overrides)
    named = {name.replace("__", "."): value for name, value in overrides.items()}
    settings = json.dumps({"index.url": str(tmp_path / "index"), **named})
    command = [sys.executable, "-m", "tests.app.cache.asker", settings, QUESTION, "100", "200"]
    other = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with other:
        assert other.stdin
        assert other.stdout
        assert other.stdout.readline() == "ready\n"
        other.stdin.write("go\n")
        other.stdin.flush()
        here = ask_at_once(parts, make_cache(parts), QUESTION, 100, 200)
        there = json.loads(other.stdout.readline())
    assert len(openai.requests) == 1
    assert here["miss"] + there.get("miss", 0) == 1
    assert here["exact"] + there["exact"] == 199
