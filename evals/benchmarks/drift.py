"""How often `plumb drift` raises a false alarm, and how often it finds questions of another subject.

By simulation on real questions that the real service answered: windows are drawn from XQuAD's questions;
COVID-QA's are the other subject.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from app.callers import Caller
from app.lineage.record import record_of
from evals.benchmarks.answer_quality import extractive_service
from evals.benchmarks.data import corpus, questions
from evals.benchmarks.table import Result
from evals.drift.detect import Rules, compare_windows
from evals.drift.windows import Observation, Window, observed
from evals.metrics.ranking import mean
from evals.statistics.wilson import wilson
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source, workbench

SIZE, MIXED = 500, 0.2
QUIET_TRIALS, MIXED_TRIALS = 400, 100
PERMUTATIONS = 399
IN_A_CONVERSATION = 5
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def run(embedder: Embedder) -> Result:
    """Answer all questions once, then draw windows from them."""
    result = Result("drift", f"Drift between two windows of {SIZE} answers, all signals together")
    home, articles = _answered(embedder, "xquad")
    other, _ = _answered(embedder, "covidqa")
    texts = sorted({one.question for one in (*home, *other) if one.question})
    vectors = dict(zip(texts, embedder.embed_queries(texts), strict=True))

    def embed(asked: list[str]) -> NDArray[np.float32]:
        return np.stack([vectors[text] for text in asked])

    chance = np.random.default_rng(7)
    single = [
        _alarm(*_split(chance.permutation(len(home)), home), embed) for _ in range(QUIET_TRIALS)
    ]
    _add_rate(result, "false alarms, single questions", single, at_most=0.05)
    together = [_alarm(*_conversations(chance, home, articles), embed) for _ in range(QUIET_TRIALS)]
    _add_rate(
        result, f"false alarms, conversations of {IN_A_CONVERSATION} on one article", together,
        at_most=0.05,
    )  # fmt: skip
    found = []
    for _ in range(MIXED_TRIALS):
        reference, recent = _split(chance.permutation(len(home)), home)
        strange = chance.choice(len(other), int(SIZE * MIXED), replace=False)
        mixed = recent[: SIZE - len(strange)] + [other[place] for place in strange]
        found.append(_alarm(reference, mixed, embed))
    _add_rate(result, f"{MIXED:.0%} of another subject found", found, at_least=0.95)
    return result


def _add_rate(
    result: Result,
    what: str,
    alarms: Sequence[bool],
    at_least: float | None = None,
    at_most: float | None = None,
) -> None:
    low, high = wilson(sum(alarms), len(alarms))
    result.add(
        what,
        mean([float(alarm) for alarm in alarms]),
        "share",
        at_least=at_least,
        # A rate of exactly the goal is above it in half of all simulations.
        at_most=None if at_most is None else at_most + 2 * (at_most / len(alarms)) ** 0.5,
        note=f"{len(alarms)} trials, 95 %: {low:.3f} to {high:.3f}"
        + (
            "" if at_most is None else f"; the goal is {at_most:g}, with the simulation's own error"
        ),
    )


def _answered(embedder: Embedder, name: str) -> tuple[list[Observation], list[str]]:
    """What XQuAD's index answers to a set's questions, and the article of each."""
    file, fields = corpus("xquad")
    found, articles = [], []
    with TemporaryDirectory() as folder:
        store = open_store(IndexSettings(url=f"{folder}/index"))
        sync_source("all", str(file), workbench(store, embedder), records=fields)
        service = extractive_service(store, embedder, 2)
        for question in questions(name):
            answer = service.ask(question.text, "all")
            record = record_of(
                answer, answer.manifest, question=question.text, caller=Caller("somebody", "reader")
            )
            found.append(observed(record))
            articles.append(next(iter(question.relevant)))
        store.close()
    return found, articles


def _split(
    order: NDArray[np.int64], home: Sequence[Observation]
) -> tuple[list[Observation], list[Observation]]:
    """Two windows without a question in common."""
    chosen = [home[place] for place in order[: 2 * SIZE]]
    return chosen[:SIZE], chosen[SIZE:]


def _conversations(
    chance: np.random.Generator, home: Sequence[Observation], articles: Sequence[str]
) -> tuple[list[Observation], list[Observation]]:
    """Two windows of conversations, each on one article."""
    by_article: dict[str, list[Observation]] = defaultdict(list)
    for place in chance.permutation(len(home)):
        by_article[articles[place]].append(home[place])
    conversations = [
        [
            replace(one, cluster=f"{article} {begin}")
            for one in asked[begin : begin + IN_A_CONVERSATION]
        ]
        for article, asked in by_article.items()
        for begin in range(0, len(asked), IN_A_CONVERSATION)
    ]
    shuffled = [conversations[place] for place in chance.permutation(len(conversations))]
    half = min(len(shuffled) // 2, SIZE // IN_A_CONVERSATION)
    flat = [
        [one for talk in part for one in talk]
        for part in (shuffled[:half], shuffled[half : 2 * half])
    ]
    return flat[0], flat[1]


def _alarm(
    reference: Sequence[Observation],
    recent: Sequence[Observation],
    embed: Callable[[list[str]], NDArray[np.float32]],
) -> bool:
    day = timedelta(days=1)
    windows = [
        Window(BEGIN + day * at, BEGIN + day * (at + 1), len(some), len(some), list(some))
        for at, some in enumerate((reference, recent))
    ]
    rules = Rules(permutations=PERMUTATIONS, minimum=10**9)
    found, _ = compare_windows("all", windows[0], windows[1], embed, rules)
    return bool(found.drifted)
