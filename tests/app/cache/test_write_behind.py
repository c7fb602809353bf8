"""Writes that nobody waits for: in order, none lost, and waited for where it matters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.cache.write_behind import WriteBehind


@pytest.fixture
def gate():
    """A write that takes until the test ends it."""
    event = threading.Event()
    yield event
    event.set()


def held(behind: WriteBehind, gate: threading.Event, group: str = "slow") -> None:
    """Keep the thread of writes busy until the gate opens."""
    begun = threading.Event()

    def wait() -> None:
        begun.set()
        assert gate.wait(10)

    behind.put(group, wait)
    assert begun.wait(10)


def into(done: list[int], number: int) -> Callable[[], None]:
    return lambda: done.append(number)


def test_writes_are_done_in_order_and_can_be_waited_for() -> None:
    behind, done = WriteBehind(), []
    for number in range(20):
        behind.put("one", into(done, number))
    behind.wait("one")
    assert done == list(range(20))
    behind.close()


@pytest.mark.parametrize("hurry", [lambda behind: behind.wait("one"), WriteBehind.close])
def test_a_write_lingers_until_somebody_waits_for_it(
    hurry: Callable[[WriteBehind], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cache.write_behind.LINGER_S", 3600)
    behind, done = WriteBehind(), []
    for number in range(3):
        behind.put("one", into(done, number))
    assert done == []
    hurry(behind)
    assert done == [0, 1, 2]
    behind.close()


def test_nobody_waits_for_a_write_that_they_make(gate) -> None:
    behind, done = WriteBehind(), []
    held(behind, gate)
    behind.put("one", into(done, 1))
    assert done == []
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(behind.wait, "one")
        with pytest.raises(TimeoutError):
            waiting.result(0.05)
        gate.set()
        waiting.result(10)
    assert done == [1]
    behind.close()


def test_what_is_put_later_is_not_waited_for(gate) -> None:
    behind = WriteBehind()
    first, reached = threading.Event(), threading.Event()

    def begin() -> None:
        reached.set()
        assert first.wait(10)

    behind.put("one", begin)
    assert reached.wait(10)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(behind.wait, "one")
        while not behind._changed._waiters:  # type: ignore[attr-defined]
            pass
        behind.put("one", lambda: gate.wait(10))
        first.set()
        waiting.result(10)
    gate.set()
    behind.close()


def test_another_group_is_not_waited_for(gate) -> None:
    behind, done = WriteBehind(), []
    held(behind, gate, "one")
    behind.put("one", into(done, 1))
    behind.wait("two")
    assert done == []
    gate.set()
    behind.wait()
    assert done == [1]
    behind.close()


def test_beyond_the_limit_the_caller_does_its_write_itself(gate) -> None:
    behind, done = WriteBehind(most_waiting=1), []
    held(behind, gate)
    behind.put("one", into(done, 1))
    behind.put("one", into(done, 2))
    assert done == [2]
    gate.set()
    behind.wait()
    assert done == [2, 1]
    behind.close()


def test_closing_does_what_waits(gate) -> None:
    behind, done = WriteBehind(), []
    held(behind, gate)
    behind.put("one", into(done, 1))
    gate.set()
    behind.close()
    assert done == [1]
    behind.put("one", into(done, 2))
    assert done == [1, 2]


def test_a_write_that_fails_is_logged_and_the_next_is_done(caplog) -> None:
    behind, done = WriteBehind(), []

    def fail() -> None:
        raise ValueError("no")

    behind.put("one", fail)
    behind.put("one", into(done, 1))
    behind.wait()
    assert done == [1]
    assert "could not be kept" in caplog.text
    behind.close()
