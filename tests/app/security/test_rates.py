"""Rate limits: together over Redis, alone where it is away, and never for long in the way."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.errors import TooManyRequests
from app.security.rates import OwnRates, Rates, StoredRates
from app.security.tables import Spending
from app.store.database import Database


def spend(
    rates: OwnRates | Rates | StoredRates, count: int, who: str = "anna", per_minute: int = 3
) -> int:
    """How many of `count` requests passed."""
    passed = 0
    for _ in range(count):
        try:
            rates.spend("requests", who, per_minute)
        except TooManyRequests:
            continue
        passed += 1
    return passed


@pytest.mark.parametrize("shared", [True, False], ids=["redis", "memory"])
def test_so_many_a_minute_for_each_caller(request, shared: bool) -> None:
    rates = Rates(request.getfixturevalue("redis_url") if shared else None)
    assert spend(rates, 5) == 3
    assert spend(rates, 5, "bo") == 3
    rates.spend("changes", "anna", 3)
    assert spend(rates, 5, "nobody", 0) == 5
    with pytest.raises(TooManyRequests, match="3 requests a minute") as raised:
        rates.spend("requests", "anna", 3)
    assert 1 <= (raised.value.retry_after_s or 0) <= 60


def test_processes_count_together_over_redis(redis_url: str) -> None:
    one, other = Rates(redis_url), Rates(redis_url)
    assert spend(one, 2) + spend(other, 4) == 3


def test_redis_that_is_gone_leaves_a_limit_of_this_process() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        rates = Rates(f"redis://127.0.0.1:{unused.getsockname()[1]}/0")
        assert spend(rates, 5) == 3


def test_redis_that_hangs_costs_a_moment_and_not_each_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        rates = Rates(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        began = time.monotonic()
        assert spend(rates, 1, per_minute=100) == 1
        first = time.monotonic() - began
        assert spend(rates, 50, per_minute=100) == 50
        rest = time.monotonic() - began - first
    assert first < 1.0
    assert rest < first + 0.5


def test_processes_count_together_in_the_database(database: Database) -> None:
    rates = [StoredRates(database) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        passed = list(pool.map(lambda one: spend(one, 5, per_minute=7), rates))
    assert sum(passed) == 7
    assert spend(rates[0], 2, "bo \0 \ud800") == 2
    assert spend(rates[0], 5, "nobody", 0) == 5
    with pytest.raises(TooManyRequests, match="7 requests a minute") as raised:
        rates[1].spend("requests", "anna", 7)
    assert 1 <= (raised.value.retry_after_s or 0) <= 60


def test_what_is_older_than_a_minute_is_over_and_not_kept(database: Database) -> None:
    rates = StoredRates(database)
    assert spend(rates, 5) == 3
    with database.session() as session:
        for row in session.scalars(select(Spending)).all()[:2]:
            row.at -= timedelta(seconds=61)
    assert spend(rates, 5) == 2
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(Spending)) == 3


def test_a_window_moves_and_who_is_gone_is_forgotten() -> None:
    now = [0.0]
    rates = OwnRates(clock=lambda: now[0])
    assert spend(rates, 2) == 2
    now[0] = 59.0
    assert spend(rates, 5) == 1
    now[0] = 60.0
    assert spend(rates, 5) == 2
    assert spend(rates, 1, "bo") == 1
    now[0] = 119.5
    assert spend(rates, 5) == 1
    now[0] = 500.0
    assert spend(rates, 1, "cy") == 1
    assert len(rates._times) == 1


def test_a_crowd_of_strangers_takes_bounded_memory_and_counts_together() -> None:
    rates = OwnRates(most=100, clock=lambda: 0.0)
    passed = sum(spend(rates, 1, f"2001:db8:0:{number:x}::/64") for number in range(1000))
    assert passed == 100 + 3
    assert len(rates._times) == 101
    assert spend(rates, 5, "2001:db8:0:7::/64") == 2
