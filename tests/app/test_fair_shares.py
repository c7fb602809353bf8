"""Fair shares of the processor: whose step runs next, and what waiting leaves behind."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable
from itertools import count, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.fair_shares import Processor, Waiter
from tests.app.simulated_clock import Clock

STEP_S = 0.03
CALLERS = st.sampled_from("abcd")


class Flow:
    """Callers over simulated time: steps of one length, as many processors as may run at once."""

    def __init__(self, at_once: int) -> None:
        self.clock = Clock()
        self.processor = Processor(at_once, 10.0, self.clock, self.clock.call_later)
        self.running: list[tuple[float, str]] = []
        self.begun: list[tuple[float, str]] = []

    def ask(self, who: str) -> Waiter:
        waiter = self.processor.ask(who, lambda: self._begin(who))
        if waiter.granted:
            self._begin(who)
        return waiter

    def pass_to(self, until: float, again: Callable[[str], str | None] = lambda who: None) -> None:
        """Let time pass; `again` says who asks next when a caller's step has ended."""
        while self._next_event() <= until:
            at = self._next_event()
            self.clock.pass_to(at)
            for ends, who in [pair for pair in self.running if pair[0] <= at]:
                self.running.remove((ends, who))
                self.processor.end(who)
                if (asking := again(who)) is not None:
                    self.ask(asking)
        self.clock.now = until

    def _next_event(self) -> float:
        times = [ends for ends, _ in self.running] + [at for at, _ in self.clock.due]
        return min(times, default=math.inf)

    def _begin(self, who: str) -> None:
        self.begun.append((self.clock.now, who))
        self.running.append((self.clock.now + STEP_S, who))


def _floods(who: str) -> str | None:
    return who if who == "flood" else None


class AnyOrder(RuleBasedStateMachine):
    """Callers that ask, end and give up in any order, against a plain count."""

    @initialize(at_once=st.integers(1, 4))
    def begin(self, at_once: int) -> None:
        self.at_once = at_once
        self.clock = Clock()
        self.processor = Processor(at_once, 10.0, self.clock, self.clock.call_later)
        self.waiting: list[tuple[str, Waiter]] = []
        self.running: list[tuple[str, Waiter]] = []
        self.woken: Counter[int] = Counter()
        self.numbers = count()

    @rule(who=CALLERS)
    def ask(self, who: str) -> None:
        number = next(self.numbers)
        waiter = self.processor.ask(who, lambda: self.woken.update([number]))
        self.waiting.append((who, waiter))

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        who, _ = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        self.processor.end(who)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        who, waiter = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        assert self.processor.withdraw(who, waiter)

    @rule(seconds=st.floats(0, 20))
    def wait(self, seconds: float) -> None:
        self.clock.pass_to(self.clock.now + seconds)

    @invariant()
    def it_runs_what_it_may(self) -> None:
        self.running += [pair for pair in self.waiting if pair[1].granted]
        self.waiting = [pair for pair in self.waiting if not pair[1].granted]
        assert len(self.running) <= self.at_once
        assert set(self.woken.values()) <= {1}
        if self.waiting:
            rests = [self.processor._of[who].rests_until for who, _ in self.waiting]
            # A caller who rests is woken.
            assert self.running or min(rests) >= min(at for at, _ in self.clock.due)
            callers = {who for who, _ in self.waiting + self.running}
            alone = len(callers) == 1 and len(self.processor._of) == 1
            if alone and max(rests) <= self.clock.now:
                assert len(self.running) == self.at_once

    def teardown(self) -> None:
        for who, waiter in self.waiting:
            self.processor.withdraw(who, waiter)
        for who, _ in self.running:
            self.processor.end(who)
        self.clock.pass_to(self.clock.now + 60)
        # Everything is free again, and the next callers drive the earlier ones out of memory.
        alone = [self.processor.ask("x", lambda: None) for _ in range(self.at_once + 1)]
        assert [waiter.granted for waiter in alone] == [True] * self.at_once + [False]
        for number in range(200):
            self.processor.withdraw(f"y{number}", self.processor.ask(f"y{number}", lambda: None))
        assert len(self.processor._of) <= 3
        assert not {"a", "b", "c", "d"} & set(self.processor._of)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(
    at_once=st.integers(1, 4),
    flood=st.integers(1, 20),
    pauses=st.lists(st.floats(0, 0.5), min_size=20),
)
@settings(max_examples=40, deadline=None)
def test_a_caller_who_asks_little_waits_for_one_step_of_a_flood_at_most(
    at_once: int, flood: int, pauses: list[float]
) -> None:
    flow = Flow(at_once)
    for _ in range(flood):
        flow.ask("flood")
    flow.pass_to(3.0, _floods)

    now = 3.0
    for pause in pauses:
        now += pause + 4 * STEP_S
        flow.pass_to(now, _floods)
        asked = flow.clock.now
        waiter = flow.ask("little")
        flow.pass_to(asked + STEP_S, _floods)
        assert waiter.granted
        now = flow.clock.now


def test_while_a_little_used_caller_works_a_flood_does_not_run_beside_it() -> None:
    flow = Flow(2)
    for _ in range(6):
        flow.ask("flood")
    flow.pass_to(2.0, _floods)
    # It was there a moment ago, so that room is kept for it.
    flow.ask("little")
    now = 2.2
    flow.pass_to(now, _floods)
    while not flow.running:
        now += 0.001
        flow.pass_to(now, _floods)
    before = len(flow.begun)
    assert [who for _, who in flow.running] == ["flood"]
    assert flow.ask("little").granted
    flow.pass_to(now + STEP_S - 0.001, _floods)
    assert [who for _, who in flow.begun[before:]] == ["little"]


@pytest.mark.parametrize("at_once", [1, 2, 4])
def test_nobody_waits_for_ever_beside_callers_who_come_for_the_first_time(at_once: int) -> None:
    flow = Flow(at_once)
    names = count()
    for _ in range(2 * at_once):
        flow.ask("flood")
    flow.pass_to(8.0, _floods)
    for _ in range(2 * at_once):
        flow.ask(f"new {next(names)}")
    flow.pass_to(18.0, lambda who: who if who == "flood" else f"new {next(names)}")
    served = [when for when, who in flow.begun if who == "flood" and when >= 8.0]
    assert max(later - earlier for earlier, later in pairwise([8.0, *served, 18.0])) < 4


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_callers_who_want_the_same_get_the_same(at_once: int) -> None:
    flow = Flow(at_once)
    for who in "abc":
        for _ in range(5):
            flow.ask(who)
    flow.pass_to(30.0, lambda who: who)
    counted = Counter(who for _, who in flow.begun)
    assert max(counted.values()) <= 1.1 * min(counted.values())
    assert sum(counted.values()) >= 0.6 * at_once * 30 / STEP_S


@pytest.mark.parametrize("at_once", [1, 2, 4])
def test_while_a_little_used_caller_is_here_a_flood_works_half_of_the_time(
    at_once: int,
) -> None:
    flow = Flow(at_once)
    for _ in range(3 * at_once):
        flow.ask("flood")
    flow.pass_to(3.0, _floods)
    for second in range(3, 9):
        flow.ask("little")
        flow.pass_to(second + 1.0, _floods)
    served = [when for when, who in flow.begun if who == "flood" and when >= 5.0]
    # One place is free for the other.
    assert 0.35 <= len(served) * STEP_S / 4 / max(1, at_once - 1) <= 0.55

    # Alone again, it has all.
    flow.pass_to(16.0, _floods)
    served = [when for when, who in flow.begun if who == "flood" and when >= 15.0]
    assert len(served) * STEP_S >= 0.9 * at_once


def test_a_rest_is_short_however_long_the_step_was() -> None:
    clock = Clock()
    processor = Processor(2, 10.0, clock, clock.call_later)
    for who in ("little", "flood"):
        processor.ask(who, lambda: None)
    processor.end("little")
    clock.now = 4.0
    processor.end("flood")
    waiter = processor.ask("flood", lambda: None)
    assert not waiter.granted
    clock.pass_to(4.51)
    assert waiter.granted


def test_rests_leave_few_alarms_behind() -> None:
    clock, chance = Clock(), random.Random(1)
    processor = Processor(4, 10.0, clock, clock.call_later)
    steps = {f"flood {number}": (0.01, 0.03, 0.1, 0.4)[number % 4] for number in range(8)}
    running: list[tuple[float, str]] = []

    def begin(who: str) -> None:
        running.append((clock.now + steps.get(who, 0.005) * chance.uniform(0.5, 1.5), who))

    def ask(who: str) -> None:
        if processor.ask(who, lambda: begin(who)).granted:
            begin(who)

    for who in [*steps, *steps]:
        ask(who)
    planned = []
    for tenth in range(200):
        ask(f"little {tenth % 3}")
        while running and min(running)[0] <= tenth / 10:
            ends, who = min(running)
            running.remove((ends, who))
            clock.pass_to(max(ends, clock.now))
            processor.end(who)
            if who in steps:
                ask(who)
            planned.append(len(clock.due))
        clock.pass_to(max(tenth / 10, clock.now))
    # Each is a thread.
    assert 0 < max(planned) <= 16


def test_nobody_rests_where_no_alarm_can_be_set() -> None:
    def no_thread(seconds: float, call: Callable[[], None]) -> None:
        raise RuntimeError("can't start new thread")

    clock = Clock()
    processor = Processor(2, 10.0, clock, no_thread)
    for who in ("little", "flood"):
        processor.ask(who, lambda: None)
    processor.end("little")
    clock.now = 4.0
    processor.end("flood")
    assert processor.ask("flood", lambda: None).granted


def test_a_lone_caller_has_everything() -> None:
    flow = Flow(3)
    flow.ask("other")
    flow.pass_to(1.0)
    for _ in range(9):
        flow.ask("lone")
    flow.pass_to(10.0, lambda who: who)
    assert len(flow.running) == 3
    assert flow.processor._of["lone"].running == 3
