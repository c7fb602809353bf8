"""Lookups for metrics: fresh where they can be, never waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

import pytest

from app.telemetry.at_scrape import AtScrape, InUse, LiveSet, Lookups
from app.telemetry.lookup import Lookup
from app.wiring import Parts
from ingestion.index.protocol import SetInfo
from ingestion.versions.last_sync import LastSync

PATIENCE_S = 30


@pytest.fixture
def freed() -> Iterator[threading.Event]:
    """Set at the end, so that no thread is left hanging."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def made_set(make_parts: Callable[..., Parts]) -> SetInfo:
    """The version of a real set."""
    return make_parts().sets.info("depot")


def value_of(lookup: Lookup[int]) -> int | None:
    lookup.begin()
    return lookup.value(PATIENCE_S)


def test_a_result_is_looked_up_each_time_or_as_often_as_is_allowed() -> None:
    numbers = count()
    assert [value_of(lookup) for lookup in [Lookup(lambda: next(numbers))] * 3] == [0, 1, 2]
    seldom = Lookup(lambda: next(numbers), every_s=3600)
    assert [value_of(seldom) for _ in range(3)] == [3, 3, 3]


def test_what_fails_has_no_result_and_recovers() -> None:
    results: list[object] = [OSError("away"), 1]

    def look() -> int:
        found = results.pop(0)
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, int)
        return found

    lookup = Lookup(look)
    assert [value_of(lookup), value_of(lookup)] == [None, 1]


def test_what_takes_long_shows_its_last_result_and_then_none(freed: threading.Event) -> None:
    hangs = iter([False, True])
    began = []

    def look() -> int:
        began.append(1)
        if next(hangs):
            freed.wait()
        return 7

    lookup = Lookup(look, hangs_s=0.2, if_hung=-1)
    assert value_of(lookup) == 7
    lookup.begin()
    assert lookup.value() == 7
    until = time.monotonic() + PATIENCE_S
    while lookup.value(0.01) == 7:
        assert time.monotonic() < until
    lookup.begin()
    assert (lookup.value(), len(began)) == (-1, 2)


def test_a_scrape_does_not_wait_for_a_dependency_that_hangs(freed: threading.Event) -> None:
    def fails() -> None:
        raise ConnectionError

    checks = {"index": freed.wait, "redis": fails, "chat_model": lambda: None}
    scrape = AtScrape(Lookups(dependencies=checks, threads=lambda: InUse(3, 40)), None)
    began = time.monotonic()
    found = {
        (sample.name, sample.labels.get("dependency")): sample.value
        for family in scrape.collect()
        for sample in family.samples
    }
    assert time.monotonic() - began < PATIENCE_S
    assert found[("plumbline_dependency_up", "redis")] == 0
    assert found[("plumbline_dependency_up", "chat_model")] == 1
    assert ("plumbline_dependency_up", "index") not in found, "nothing is known of it yet"
    assert found[("plumbline_threads_busy", None)] == 3
    assert found[("plumbline_threads_busy_limit", None)] == 40


def test_a_set_was_synced_when_its_version_was_made_or_found_unchanged(made_set: SetInfo) -> None:
    at = made_set.committed_at

    def synced(last: LastSync | None) -> float:
        scrape = AtScrape(Lookups(sets=lambda: [LiveSet(made_set, last)]), None)
        (found,) = [
            sample.value
            for family in scrape.collect()
            for sample in family.samples
            if sample.name == "plumbline_sync_timestamp_seconds"
        ]
        return found

    hour = timedelta(hours=1)
    assert synced(None) == at.timestamp(), "a candidate, published by hand"
    assert synced(LastSync(at=at - hour, seconds=1)) == at.timestamp()
    assert synced(LastSync(at=at + hour, seconds=1)) == (at + hour).timestamp()
