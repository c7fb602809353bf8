"""Does anybody read a word of a document that they may not see? Random walks of two callers.

A walk is two callers with keys or tokens, who do whatever the API lets them do: ask, stream, search,
follow up, make batches, read all of it back, replay, give feedback, turn the pages of lists; they
leave and join groups, and keys are made again under their names. Each document has words that stand
nowhere else. Each response is searched for words of documents that the caller may not see at that
moment. `PLUMB_BENCH_WALKS` sets how many walks there are (10,000).
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.benchmarks.table import Result
from evals.benchmarks.walking.broken import BROKEN, Break, documents_stay_put
from evals.benchmarks.walking.counts import WalkCounts
from evals.benchmarks.walking.walk import MOVES, STEPS, Known, Walk
from evals.benchmarks.walking.world import World
from ingestion.embedding.embedder import Embedder, load_embedder
from ingestion.settings import EmbeddingSettings
from prompts.errors import SettingsError

WALKS = 10_000
MODELS = {False: "the extractive model", True: "a model that repeats all it reads"}
# Walks find what so many walks before them have left; then all of it is forgotten.
TOGETHER = 100
# A broken filter is to be caught within so many walks.
CAUGHT_WITHIN = 500
FIRST_BROKEN = 1_000_000
OFTEN = 1.0
SHOWN = 5
# What must take place at least once in so many walks, so that nobody believes in walks that only search.
EACH_IN = 100


def take_walks(
    world: World,
    seeds: Iterable[int],
    found: WalkCounts | None = None,
    *,
    moves: float = MOVES,
    steps: int = STEPS,
    stop_at: int | None = None,
    on_walk: Callable[[WalkCounts], None] = lambda _: None,
) -> WalkCounts:
    """Take walks one after the other.

    Args:
        world: where; walks find what walks before them have left.
        seeds: one for each walk.
        found: counts to add to.
        moves: see `Walk`.
        steps: of each walk.
        stop_at: end after so many leaks.
        on_walk: called after each walk.
    """
    found = found or WalkCounts()
    known: Known = {"answers": [], "batches": [], "responses": []}
    for number, seed in enumerate(seeds, start=1):
        Walk(world, seed, known, found, moves).take(steps)
        on_walk(found)
        if stop_at is not None and len(found.leaks) >= stop_at:
            break
        if number % TOGETHER == 0:
            world.forget()
            known = {"answers": [], "batches": [], "responses": []}
    return found


def run(embedder: Embedder) -> Result:
    """Half of the walks with each chat model, then walks on each filter that is broken on purpose.

    Each half is a process of its own, which loads its own copy of the model.
    """
    half = _walks() // 2
    result = Result("leaks", "Two callers, a grid of groups: does a word reach who may not see it?")
    seeds = range(half), range(half, 2 * half)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        halves = [
            pool.submit(_walked, parrot, of) for parrot, of in zip(MODELS, seeds, strict=True)
        ]
        for done in as_completed(halves):
            if (error := done.exception()) is not None:
                print(f"half of the walks failed: {error!r}", file=sys.stderr)  # noqa: T201 (at once)
        for parrot, done in zip(MODELS, halves, strict=True):
            found, took, caught = done.result()
            _report(result, MODELS[parrot], found, took)
            for name, walks in caught.items():
                note = f"walks until a leak was found; 0: none within {CAUGHT_WITHIN}"
                result.add_between(f"{name}: caught", walks, "walks", 1, CAUGHT_WITHIN, note)
    return result


def _walked(parrot: bool, seeds: range) -> tuple[WalkCounts, float, dict[str, int]]:
    """What the walks with one chat model found, their seconds, and what `_caught` says.

    Filters are broken where the model repeats all it reads: there every fault can show.
    """
    # A line for each request that is denied would be all that is seen.
    logging.getLogger("app").setLevel(logging.ERROR)
    embedder = load_embedder(EmbeddingSettings())
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    with TemporaryDirectory() as folder:
        world = World(Path(folder), embedder, parrot=parrot)
        try:
            began = time.perf_counter()
            found = take_walks(world, seeds, on_walk=_progress(MODELS[parrot], len(seeds)))
            took = time.perf_counter() - began
            return found, took, _caught(world) if parrot else {}
        finally:
            world.close()


def _report(result: Result, model: str, found: WalkCounts, took: float) -> None:
    """Rows for one chat model: leaks, failures, and how often each action took place."""
    note = f"{found.responses:,} responses, {found.held:,} held words rightly; {took:.0f} s"
    result.add(f"{model}: walks", found.walks, "walks", note=note)
    result.add(f"{model}: leaks", len(found.leaks), "leaks", at_most=0)
    for leak in found.leaks[:SHOWN]:
        print(leak, file=sys.stderr)  # noqa: T201 (what to mend)
    result.add(f"{model}: failed requests", found.failures, "requests", at_most=0)
    for action in sorted({*found.tried, *found.took_place}):
        times = found.took_place[action]
        tried = found.tried[action]
        note = f"of {tried:,} tries" if tried else ""
        result.add(f"{model}: {action}", times, "times", at_least=found.walks / EACH_IN, note=note)


def walks_until_a_leak(world: World, broken: Break) -> WalkCounts:
    """Walks on a broken filter: until one finds a leak, or `CAUGHT_WITHIN`."""
    seeds = range(FIRST_BROKEN, FIRST_BROKEN + CAUGHT_WITHIN)
    # Where documents move often, little is left in conversations and caches for other faults to show.
    moves = OFTEN if broken is documents_stay_put else MOVES
    with broken():
        return take_walks(world, seeds, moves=moves, steps=2 * STEPS, stop_at=1)


def _caught(world: World) -> dict[str, int]:
    """After how many walks each broken filter shows; 0: not at all."""
    caught: dict[str, int] = {}
    for broken in BROKEN:
        world.forget()
        found = walks_until_a_leak(world, broken)
        caught[broken.__name__] = found.walks if found.leaks else 0
    return caught


def _progress(model: str, walks: int) -> Callable[[WalkCounts], None]:
    """Says every hundred walks how far it is."""
    began = time.perf_counter()

    def show(found: WalkCounts) -> None:
        if found.walks % 100 == 0:
            took = time.perf_counter() - began
            print(  # noqa: T201 (it takes long)
                f"{model}: {found.walks:,} of {walks:,} walks in {took:.0f} s, "
                f"{found.responses:,} responses, {len(found.leaks)} leaks",
                file=sys.stderr,
                flush=True,
            )

    return show


def _walks() -> int:
    given = os.environ.get("PLUMB_BENCH_WALKS", str(WALKS))
    if not given.isdecimal() or int(given) < 2:
        raise SettingsError(
            f"PLUMB_BENCH_WALKS: {given!r} is not a number of walks; write 2 or more."
        )
    return int(given)
