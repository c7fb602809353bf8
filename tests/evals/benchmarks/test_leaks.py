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
from app.cache import answers
from app.cache.keys import Key
from app.callers import Caller
from app.jobs.job import SyncJob
from evals.benchmarks.leaks import ACTIONS, World, walks
from ingestion.embedding import Embedder

SEEDS = range(40)
MUTANT_SEEDS = range(1000, 1150)


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


def names_for_ids(patch: pytest.MonkeyPatch) -> None:
    def by_name(self: Caller) -> None:
        object.__setattr__(self, "id", f"name:{self.name}")

    patch.setattr(Caller, "__post_init__", by_name)
    patch.setattr(Caller, "meets", lambda self, needs: True)


def every_admin_oversees(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Caller, "oversees", property(lambda self: self.may("admin")))


def one_cache_for_all(patch: pytest.MonkeyPatch) -> None:
    key_of = answers.key_of

    def same(asked: Asked, groups: Any, release: str | None = None) -> Key:
        return key_of(replace(asked, where=None), None, release)

    patch.setattr(answers, "key_of", same)


def jobs_as_they_are(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SyncJob, "seen_by", lambda self, caller: self)


def lines_as_they_are(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(kept, "_readable", lambda line, caller, unknown: line)


BROKEN: list[Callable[[pytest.MonkeyPatch], None]] = [
    no_filter,
    groups_of_then,
    names_for_ids,
    every_admin_oversees,
    one_cache_for_all,
    jobs_as_they_are,
    lines_as_they_are,
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.__name__)
def test_what_is_broken_on_purpose_is_caught(
    world: World, monkeypatch: pytest.MonkeyPatch, broken: Callable[..., Any]
) -> None:
    broken(monkeypatch)
    found = walks(world, MUTANT_SEEDS, stop_at=1)
    assert found.leaks, f"{found.requests} responses, and none leaked"
