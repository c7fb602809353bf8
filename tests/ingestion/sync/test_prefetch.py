"""Iterating ahead in a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from ingestion.sync.prefetch import prefetch


def test_everything_comes_in_order() -> None:
    with prefetch(iter(range(100)), 3) as ahead:
        assert list(ahead) == list(range(100))


def test_it_stays_within_the_limit() -> None:
    made: list[int] = []
    filled = threading.Event()

    def source() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            if number == 13:
                filled.set()
            yield number

    most_ahead = 0
    with prefetch(source(), 2) as ahead:
        for number in ahead:
            if number == 10:
                assert filled.wait(10)
            most_ahead = max(most_ahead, len(made) - 1 - number)
    assert most_ahead == 3  # two in the queue, one being made
    assert made == list(range(50))


def test_an_error_comes_at_its_place() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise ValueError("here")

    with prefetch(source(), 5) as ahead:
        assert next(ahead) == 1
        with pytest.raises(ValueError, match="here"):
            next(ahead)


def test_leaving_early_ends_the_thread() -> None:
    before = threading.active_count()

    def endless() -> Iterator[int]:
        while True:
            yield 1

    with prefetch(endless(), 2) as ahead:
        next(ahead)
    assert threading.active_count() == before
