"""Two callers and a grid of groups: no word reaches who may not see it, and a broken filter is caught.

`python -m evals.benchmarks leaks` takes ten thousand walks; here are a few, always the same.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evals.benchmarks.leaks import OFTEN, take_walks, walks_until_a_leak
from evals.benchmarks.walking.broken import BROKEN, Break
from evals.benchmarks.walking.world import World
from ingestion.embedding.embedder import Embedder

pytestmark = pytest.mark.load

WALKS = 40
# What two callers do; each takes place in a few walks.
ACTIONS = {
    "ask", "stream", "follow-up", "OpenAI client", "search", "lineage", "source", "session", "batch", "export",
    "harvest", "replay", "job", "feedback", "page", "change of groups", "document moved",
    "answer from the exact cache", "answer from the semantic cache",
    "passage that stands elsewhere too",
}  # fmt: skip


@pytest.fixture(scope="module", params=[False, True], ids=["extractive", "repeats all it reads"])
def world(
    request: pytest.FixtureRequest, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("walks"), embedder, parrot=request.param)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _nothing_from_before(world: World) -> None:
    world.forget()


def test_no_word_reaches_who_may_not_see_it(world: World) -> None:
    found = take_walks(world, range(WALKS), moves=OFTEN)
    world.forget()
    # Where documents move often, few answers come from the cache.
    take_walks(world, range(WALKS, 2 * WALKS), found)
    assert found.leaks == []
    assert found.walks == 2 * WALKS
    # The search does find words, and everything that is to take place does.
    assert found.held > 100
    assert found.failures == 0
    assert {action for action in ACTIONS if not found.took_place[action]} == set()
    rewritten_by = "model" if world.repeats else "rule"
    assert found.took_place[f"follow-up rewritten by the {rewritten_by}"] > 0


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.__name__)
def test_what_is_broken_on_purpose_is_caught(world: World, broken: Break) -> None:
    if not world.repeats:
        pytest.skip("a fault shows soonest where the model repeats all it reads")
    found = walks_until_a_leak(world, broken)
    assert found.leaks, f"{found.responses} responses, and none leaked"
