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

from app.cache.flight import SingleFlight
from app.cache.memory_store import MemoryStore
from app.cache.redis_store import RedisStore
from app.errors import ChatModelFailed
from tests.app.cache.asker import ask_at_once

ROOT = Path(__file__).resolve().parents[3]
QUESTION = "How long is the warranty on a refrigeration unit?"


class Calls:
    """Counts calls; each waits until it may go on, then does what it is told."""

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


def nothing() -> None:
    """Nothing was stored."""


def fly(flights: SingleFlight, calls: Calls, times: int, stored=nothing) -> list[str]:
    """What each of so many threads got; all have joined before the first call goes on."""
    barrier = threading.Barrier(times + 1)

    def one(_: int) -> str:
        barrier.wait()
        try:
            return flights.single_flight("key", calls, stored).value
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
    assert fly(SingleFlight(cache_store, 10), calls, 40) == ["answer"] * 40
    assert calls.count == 1


def test_a_failure_is_the_leaders_own_and_the_others_elect_another() -> None:
    calls = Calls(ChatModelFailed("no"), "answer")
    got = fly(SingleFlight(MemoryStore(10, 10_000), 10), calls, 20)
    assert sorted(got) == ["answer"] * 19 + ["failed: no"]
    assert calls.count == 2


def test_a_model_that_is_down_is_not_called_by_everybody() -> None:
    calls = Calls(ChatModelFailed("no"))
    got = fly(SingleFlight(MemoryStore(10, 10_000), 10), calls, 30)
    assert got == ["failed: no"] * 30
    assert calls.count == 2


def test_who_has_waited_long_enough_goes_alone() -> None:
    flights = SingleFlight(MemoryStore(10, 10_000), wait_s=0.05)
    calls = Calls("slow")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(flights.single_flight, "key", calls, nothing)
        while calls.count == 0:
            pass
        flown = flights.single_flight("key", lambda: "mine", nothing)
        calls.go.set()
        assert (flown.value, flown.led) == ("mine", True)
        assert slow.result().value == "slow"


def test_the_next_call_is_a_flight_of_its_own(cache_store) -> None:
    flights = SingleFlight(cache_store, 10)
    assert flights.single_flight("key", lambda: "one", nothing).value == "one"
    assert flights.single_flight("key", lambda: "two", nothing).value == "two"


def test_a_leader_that_died_is_followed_by_another(redis_url) -> None:
    store = RedisStore(redis_url, 5, 5)
    assert store.lock("key", "of the dead", 0.3)
    began = time.monotonic()
    flown = SingleFlight(store, 10).single_flight("key", lambda: "mine", nothing)
    assert (flown.value, flown.led) == ("mine", True)
    assert 0.2 < time.monotonic() - began < 2
    store.close()


def test_a_leader_that_lives_keeps_its_lead_beyond_the_lease(redis_url) -> None:
    here, there = RedisStore(redis_url, 5, 5), RedisStore(redis_url, 5, 5)
    calls = Calls("answer")

    def lead() -> str:
        value = calls()
        here.put("stored", value.encode(), 60)
        return value

    flights = SingleFlight(here, 10, lease_s=0.2)
    others = SingleFlight(there, 10, lease_s=0.2)
    with ThreadPoolExecutor(2) as pool:
        leading = pool.submit(flights.single_flight, "key", lead, nothing)
        while calls.count == 0:
            pass
        follower = pool.submit(
            others.single_flight, "key", lambda: b"own", lambda: there.get("stored")
        )
        with pytest.raises(TimeoutError):
            follower.result(timeout=0.8)
        calls.go.set()
        assert leading.result(10) == ("answer", True)
        assert follower.result(10) == (b"answer", False)
    here.close()
    there.close()


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
