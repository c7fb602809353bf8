"""What every store of the cache does; then what is one's own."""

from __future__ import annotations

import pytest

from app.cache.memory_store import OVERHEAD, MemoryStore
from app.cache.redis_store import RedisStore
from app.cache.store import Append, Get, Lock, Put, Renew, Since, Unlock
from app.errors import CacheUnavailable


def test_what_is_put_is_found_as_bytes(cache_store) -> None:
    assert cache_store.get("a") is None
    cache_store.put("a", b"\x00one\xff", 60)
    assert cache_store.get("a") == b"\x00one\xff"
    cache_store.put("a", b"two", 60)
    assert cache_store.get("a") == b"two"


def test_a_list_gives_what_is_new_since_a_cursor(cache_store) -> None:
    assert cache_store.do(Since("list", ""))[0] == ("", [])
    cache_store.do(Append("list", b"1", 10, 60))
    cache_store.do(Append("list", b"2", 10, 60))
    cursor, records = cache_store.do(Since("list", ""))[0]
    assert records == [b"1", b"2"]
    assert cache_store.do(Since("list", cursor))[0] == (cursor, [])
    cache_store.do(Append("list", b"3", 10, 60))
    later, records = cache_store.do(Since("list", cursor))[0]
    assert (records, later != cursor) == ([b"3"], True)


def test_several_operations_in_one_visit_give_what_each_gives(cache_store) -> None:
    token = Lock("flight", "me", 60)
    got = cache_store.do(
        Get("a"), Put("a", b"1", 60), Get("a"), Append("list", b"x", 10, 60), token, Get("b")
    )
    assert got == [None, None, b"1", None, True, None]
    (cursor, records), kept = cache_store.do(Since("list", ""), Get("a"))
    assert (records, kept) == ([b"x"], b"1")
    cache_store.do(Append("list", b"y", 10, 60), Renew("flight", "me", 60), Unlock("flight", "me"))
    assert cache_store.do(Since("list", cursor))[0][1] == [b"y"]
    assert cache_store.do() == []


def test_a_long_list_is_read_whole_beside_others(cache_store) -> None:
    cache_store.do(*(Append("list", str(number).encode(), 2000, 60) for number in range(1203)))
    (cursor, records), nothing = cache_store.do(Since("list", ""), Get("a"))
    assert records == [str(number).encode() for number in range(1203)]
    assert nothing is None
    assert cache_store.do(Since("list", cursor))[0] == (cursor, [])


def test_a_list_keeps_its_last_records_only(cache_store) -> None:
    for number in range(30):
        cache_store.do(Append("list", str(number).encode(), 4, 60))
    assert cache_store.do(Since("list", ""))[0][1] == [b"26", b"27", b"28", b"29"]


def test_a_long_list_is_read_whole(cache_store) -> None:
    for number in range(1203):
        cache_store.do(Append("list", str(number).encode(), 2000, 60))
    assert cache_store.do(Since("list", ""))[0][1] == [
        str(number).encode() for number in range(1203)
    ]


def test_a_list_goes_on_after_it_was_cleared(cache_store) -> None:
    cache_store.do(Append("list", b"1", 10, 60))
    cursor, _ = cache_store.do(Since("list", ""))[0]
    assert cache_store.clear("list") == 1
    assert cache_store.do(Since("list", cursor))[0][1] == []
    cache_store.do(Append("list", b"2", 10, 60))
    assert cache_store.do(Since("list", cursor))[0][1] == [b"2"]


def test_clearing_takes_what_begins_so_and_nothing_else(cache_store) -> None:
    for key in ("answer:one:1", "answer:one:2", "answer:ones:1", "near:one:1"):
        cache_store.put(key, b"x", 60)
    assert sorted(cache_store.keys("answer:one:")) == ["answer:one:1", "answer:one:2"]
    assert cache_store.clear("answer:one:") == 2
    assert sorted(cache_store.keys("")) == ["answer:ones:1", "near:one:1"]


def test_redis_expires_keys(redis_url) -> None:
    from redis import Redis

    store = RedisStore(redis_url, 5, 5)
    store.put("a", b"x", 60)
    store.do(Append("list", b"x", 10, 60))
    store.do(Lock("flight", "me", 60))[0]
    with Redis.from_url(redis_url) as redis:
        for key in ("a", "list", "flight"):
            assert 55_000 < redis.pttl(f"plumb:cache:{key}") <= 60_000
    store.close()


def test_redis_gives_the_lead_to_one_and_takes_it_back_from_that_one_only(redis_url) -> None:
    store = RedisStore(redis_url, 5, 5)
    assert store.do(Lock("flight", "mine", 60))[0]
    assert not store.do(Lock("flight", "yours", 60))[0]
    store.do(Unlock("flight", "yours"))
    assert not store.do(Lock("flight", "yours", 60))[0]
    store.do(Unlock("flight", "mine"))
    assert store.do(Lock("flight", "yours", 60))[0]
    store.do(Renew("flight", "mine", 0.001))
    assert not store.do(Lock("flight", "mine", 60))[0]
    store.close()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_memory_forgets_what_is_too_old() -> None:
    clock = Clock()
    store = MemoryStore(10, 10_000, clock)
    store.put("a", b"x", 5)
    store.do(Append("list", b"x", 10, 5))
    clock.now = 4.9
    assert store.get("a") == b"x"
    store.do(Append("list", b"y", 10, 5))
    clock.now = 5.1
    assert store.get("a") is None
    assert store.do(Since("list", ""))[0][1] == [b"x", b"y"]
    clock.now = 10
    assert store.do(Since("list", ""))[0][1] == []
    assert (store.stats().entries, store.stats().bytes) == (0, 0)


def test_memory_drops_the_least_recently_used() -> None:
    store = MemoryStore(3, 1_000_000)
    for key in "abc":
        store.put(key, b"x", 60)
    store.get("a")
    store.put("d", b"x", 60)
    assert sorted(store.keys("")) == ["a", "c", "d"]
    assert store.stats().evicted == 1


def test_memory_is_bounded_in_bytes() -> None:
    store = MemoryStore(1000, 10 * (OVERHEAD + 101))
    for number in range(50):
        store.put(chr(100 + number), b"x" * 100, 60)
    assert store.stats().entries == 10
    assert store.stats().bytes == 10 * (OVERHEAD + 101)
    store.put("huge", b"x" * 100_000, 60)
    assert store.get("huge") is None
    assert store.stats().entries == 10


@pytest.mark.parametrize("call", ["keys", "clear"])
def test_only_an_operators_calls_tell_that_redis_is_gone(call) -> None:
    store = RedisStore("redis://127.0.0.1:1/0", 0.05, 5)
    assert store.get("a") is None
    assert store.do(Lock("flight", "me", 60))[0]
    assert store.do(Get("a"), Lock("f", "me", 9), Since("l", "7")) == [None, True, ("7", [])]
    with pytest.raises(CacheUnavailable, match=r"redis\.url"):
        list(getattr(store, call)("answer:"))
