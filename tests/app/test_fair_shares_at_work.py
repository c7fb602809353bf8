"""Fair shares among threads and tasks: work waits for its turn, goes on, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.errors import TooBusy
from app.fair_shares import Processor, at_work, at_work_async, away, next_step
from tests.app.simulated_clock import Clock


def test_work_waits_for_its_turn_and_for_so_long() -> None:
    processor = Processor(1, 0.05)
    with processor.serving("anna"), at_work(), at_work():
        with ThreadPoolExecutor(1) as pool, pytest.raises(TooBusy, match=r"0\.05 s") as raised:
            pool.submit(_work, processor, "bo").result()
        assert raised.value.retry_after_s == 1
        with away(), ThreadPoolExecutor(1) as pool:
            pool.submit(_work, processor, "bo").result()
    _work(processor, "bo")


def _work(processor: Processor, who: str) -> None:
    with processor.serving(who), at_work():
        next_step()


def test_what_has_begun_is_finished_however_long_that_takes() -> None:
    processor = Processor(1, 0.05)
    holds, ends = threading.Event(), threading.Event()

    def hold() -> None:
        with processor.serving("bo"), at_work():
            holds.set()
            ends.wait(20)

    with ThreadPoolExecutor(1) as pool, processor.serving("anna"), at_work():
        with away():
            held = pool.submit(hold)
            assert holds.wait(20)
            threading.Timer(0.2, ends.set).start()
        assert ends.is_set()
    held.result()


def test_between_two_steps_the_caller_who_used_less_goes_first() -> None:
    clock = Clock()
    processor = Processor(1, 10.0, clock, clock.hurry)
    order: list[str] = []
    asked = threading.Event()

    def light() -> None:
        with processor.serving("light"):
            asked.set()
            with at_work():
                order.append("light")

    with ThreadPoolExecutor(1) as pool, processor.serving("heavy"), at_work():
        clock.now = 1.0
        done = pool.submit(light)
        assert asked.wait(20)
        while not processor.is_outranked("heavy"):
            time.sleep(0.001)
        next_step()
        order.append("heavy")
    done.result()
    assert order == ["light", "heavy"]


def test_between_two_steps_a_flood_stops_for_a_little_used_caller_who_works_beside_it() -> None:
    clock = Clock()
    order: list[str] = []
    works, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def rest(seconds: float, call: Callable[[], None]) -> None:
        def pass_by() -> None:
            assert ended.wait(20)
            clock.now += seconds
            call()

        threading.Thread(target=pass_by).start()

    processor = Processor(2, 20.0, clock, rest)

    def light() -> None:
        with processor.serving("light"), at_work():
            works.set()
            assert may_end.wait(20)
            order.append("light")
        ended.set()

    def flood() -> None:
        with processor.serving("flood"), at_work():
            clock.now = 1.0
            done = pool.submit(light)
            assert works.wait(20)
            assert processor.is_outranked("flood")
            threading.Timer(0.01, may_end.set).start()
            next_step()
            order.append("flood")
            done.result()

    with ThreadPoolExecutor(2) as pool:
        pool.submit(flood).result()
    assert order == ["light", "flood"]


def test_between_two_steps_equal_callers_go_on_beside_each_other() -> None:
    processor = Processor(2, 20.0, Clock())
    processor.ask("anna", lambda: None)
    processor.ask("bo", lambda: None)
    assert not processor.is_outranked("anna")
    assert not processor.is_outranked("bo")


def test_a_task_that_is_cancelled_leaves_nothing_behind() -> None:
    processor = Processor(1, 10.0)

    async def work(who: str) -> None:
        with processor.serving(who):
            async with at_work_async():
                await asyncio.sleep(0)

    async def run() -> None:
        with processor.serving("anna"):
            async with at_work_async():
                waiting = [asyncio.create_task(work("bo")) for _ in range(3)]
                await asyncio.sleep(0)
                waiting[0].cancel()
                await asyncio.gather(waiting[0], return_exceptions=True)
                assert len(processor._of["bo"].waiting) == 2
            # Granted, but not woken yet.
            waiting[1].cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        async with asyncio.timeout(5):
            await work("cy")

    asyncio.run(run())
    assert all(not use.running and not use.waiting for use in processor._of.values())


def test_a_task_waits_only_so_long() -> None:
    processor = Processor(1, 0.05)

    async def run() -> None:
        with processor.serving("bo"):
            async with at_work_async():
                pass

    with (
        processor.serving("anna"),
        at_work(),
        ThreadPoolExecutor(1) as pool,
        pytest.raises(TooBusy),
    ):
        pool.submit(asyncio.run, run()).result()
    asyncio.run(run())


def test_outside_of_a_request_nobody_waits() -> None:
    ran = False
    with at_work(), away():
        next_step()
        ran = True
    assert ran
