"""What every backend's records must do: whole, exclusive, and the same for each."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from ingestion.index.protocol import IndexStore
from ingestion.index.records import Records


@pytest.fixture
def records(store: IndexStore) -> Records:
    return store.records


def race(act: Callable[[int], bool], runners: int = 8) -> list[int]:
    """Numbers of the runners whose act, done at once with the others', succeeded."""
    barrier = threading.Barrier(runners)
    won: list[int] = []

    def run(number: int) -> None:
        barrier.wait()
        if act(number):
            won.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(runners)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


def test_what_was_put_is_got(records: Records) -> None:
    for value in ("", "plain", "a\r\nb\rc\n", "ümläut 🙂 \n \x00 \"'", "x" * 1_000_000):
        records.put("a/b", value)
        assert records.get("a/b") == value
    assert records.get("a/c") is None
    assert records.get("a") is None


def test_deleted_is_gone_and_may_be_deleted_again(records: Records) -> None:
    records.put("a/b", "1")
    records.delete("a/b")
    records.delete("a/b")
    assert records.get("a/b") is None
    assert records.names("a") == []


def test_names_are_those_directly_below_sorted(records: Records) -> None:
    assert records.names("v") == []
    for key in ("v/b", "v/a", "v/c/d", "v/c/e", "w/z", "va/x"):
        records.put(key, key)
    assert records.names("v") == ["a", "b"]
    assert records.names("v/c") == ["d", "e"]


def test_create_does_not_touch_what_is_there(records: Records) -> None:
    assert records.create("k/x", "first")
    assert not records.create("k/x", "second")
    assert records.get("k/x") == "first"


def test_replace_only_where_the_text_is_still_the_one_read(records: Records) -> None:
    assert not records.replace("k/x", "nothing", "something")
    assert records.get("k/x") is None
    records.put("k/x", "one")
    assert not records.replace("k/x", "two", "three")
    assert records.replace("k/x", "one", "t\r\nwo")
    assert records.replace("k/x", "t\r\nwo", "two")
    assert records.get("k/x") == "two"


def test_of_many_creators_one_succeeds(records: Records) -> None:
    for round_ in range(5):
        (winner,) = race(lambda number, key=f"race/{round_}": records.create(key, str(number)))
        assert records.get(f"race/{round_}") == str(winner)


def test_of_many_replacers_one_succeeds(records: Records) -> None:
    records.put("race/x", "start")
    before = "start"
    for _ in range(5):
        (winner,) = race(
            lambda number, was=before: records.replace("race/x", was, f"{was}{number}")
        )
        before = f"{before}{winner}"
        assert records.get("race/x") == before
