"""So many at once, of one caller and of all."""

from __future__ import annotations

import random
import threading

import pytest

from app.errors import TooBusy
from app.security.slots import Slot, Slots


def test_one_caller_leaves_room_for_others() -> None:
    slots = Slots(4, 2, "answers are being worked on")
    held = [slots.taken("anna"), slots.taken("anna")]
    with pytest.raises(TooBusy, match="2 of your answers") as raised:
        slots.taken("anna")
    assert raised.value.retry_after_s == 1
    with slots.taken("bo"), slots.taken("cy"):
        with pytest.raises(TooBusy, match=r"^4 answers"):
            slots.taken("dee")
        with pytest.raises(TooBusy):
            slots.taken()
    held.pop().free()
    slots.taken("anna").free()


def test_a_slot_is_freed_once_and_nobody_is_remembered() -> None:
    slots = Slots(1, 1, "x")
    with slots.taken("anna") as slot:
        slot.free()
        slot.free()
        with slots.taken("bo"), pytest.raises(TooBusy):
            slots.taken("cy")
    with slots.taken(), pytest.raises(TooBusy):
        slots.taken("anna")
    assert not slots._of


def test_threads_never_hold_more_than_the_limits() -> None:
    slots = Slots(5, 2, "x")
    lock = threading.Lock()
    now: dict[str, int] = dict.fromkeys("abcd", 0)
    most: list[tuple[int, int]] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(300):
            who = chance.choice("abcd")
            try:
                slot: Slot = slots.taken(who)
            except TooBusy:
                continue
            with lock:
                now[who] += 1
                most.append((max(now.values()), sum(now.values())))
            with lock:
                now[who] -= 1
            slot.free()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most
    assert max(one for one, _ in most) <= 2
    assert max(all_ for _, all_ in most) <= 5
    assert not slots._of


def test_the_last_quarter_is_for_callers_who_have_none() -> None:
    slots = Slots(8, 4, "answers are being worked on")
    for who in ("anna", "bo"):
        for _ in range(3):
            slots.taken(who)
    for who in ("anna", "bo"):
        with pytest.raises(TooBusy, match="kept for callers who have none"):
            slots.taken(who)
    held = [slots.taken("cy"), slots.taken("dee")]
    with pytest.raises(TooBusy, match=r"^8 answers"):
        slots.taken("eve")
    held.pop().free()
    slots.taken("eve").free()
