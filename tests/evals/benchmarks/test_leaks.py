"""Two callers and a grid of groups: no word reaches who may not see it, and a broken filter is caught.

`python -m evals.benchmarks leaks` takes ten thousand walks; here are a few, always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.answering import service
from app.answering.chain import Asked
from app.batch import kept
from app.cache import answers, keys
from app.callers import Caller
from app.jobs.job import SyncJob
from evals.benchmarks.leaks import ACTIONS, World, walks
from ingestion.embedding import Embedder

pytestmark = pytest.mark.load

SEEDS = range(20)
MOST_WALKS = 100


@pytest.fixture(scope="module")
def world(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("walks"), embedder)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _nothing_from_before(world: World) -> None:
    world.forget()


def test_no_word_reaches_who_may_not_see_it(world: World) -> None:
    found = walks(world, SEEDS)
    assert found.leaks == []
    assert found.walks == len(SEEDS)
    # The search does find words, and every sort of request was answered well.
    assert found.held > 100
    assert {"POST chat 200", "GET answers 200", "GET batches 200", "replay"} <= set(found.answered)
    assert not [what for what in found.answered if what[-3] == "5"]
    assert len(ACTIONS) > 10


def no_filter(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(service, "passes_to", lambda groups: None)


def groups_of_then(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Caller, "meets", lambda self, needs: True)


def every_admin_oversees(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Caller, "oversees", property(lambda self: self.may("admin")))


def one_cache_for_all(patch: pytest.MonkeyPatch) -> None:
    key_of = keys.key_of

    def same(asked: Asked, groups: Any, release: str | None = None) -> keys.Key:
        return key_of(replace(asked, where=None), None, release)

    patch.setattr(answers, "key_of", same)


def jobs_as_they_are(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SyncJob, "seen_by", lambda self, caller: self)


def lines_as_they_are(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(kept, "_readable", lambda line, caller, unknown: line)


# What is broken, and the first walk: one soon after it meets the fault.
BROKEN: dict[Callable[[pytest.MonkeyPatch], None], int] = {
    no_filter: 1000,
    groups_of_then: 1016,
    every_admin_oversees: 1010,
    one_cache_for_all: 1000,
    jobs_as_they_are: 1000,
    lines_as_they_are: 1016,
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.__name__)
def test_what_is_broken_on_purpose_is_caught(
    world: World, monkeypatch: pytest.MonkeyPatch, broken: Callable[[pytest.MonkeyPatch], None]
) -> None:
    broken(monkeypatch)
    first = BROKEN[broken]
    found = walks(world, range(first, first + MOST_WALKS), stop_at=1)
    assert found.leaks, f"{found.requests} responses, and none leaked"
