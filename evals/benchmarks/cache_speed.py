"""What does a look into the cache take, with the store at its side?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from app.answering.answer import Answer
from app.answering.question import PreparedQuestion
from app.answering.service import AnswerService
from app.cache.answers import AnswerCache
from app.cache.factory import answer_cache, open_store, question_vectors
from app.document_sets.embedders import only_model
from app.settings.tree import Settings, load_settings
from evals.benchmarks.answer_service import answer_service
from evals.benchmarks.data import Question, corpus, questions
from evals.benchmarks.processes import redis_server
from evals.benchmarks.table import Result
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store as open_index
from ingestion.sync.start import sync_source, workbench

KEPT, QUICK_KEPT = 2000, 400
LOOKUPS, QUICK_LOOKUPS = 500, 150


def run(embedder: Embedder, quick: bool = False) -> Result:
    """Exact and semantic lookups, in process and in Redis, with as many questions kept as there may be."""
    kept, lookups = (QUICK_KEPT, QUICK_LOOKUPS) if quick else (KEPT, LOOKUPS)
    result = Result("cache_speed", f"Lookups in the answer cache, {kept:,} questions kept")
    with TemporaryDirectory() as folder, redis_server(Path(folder)) as url:
        index = {"index.url": f"{folder}/index"}
        service = _service(load_settings(index), embedder)
        prepared = [_asked(service, question, n) for n, question in enumerate(_questions(kept))]
        answer = service.answer(prepared[0])
        for name, more in (("in process", {}), ("Redis", {"redis.url": url})):
            cache = _cache(load_settings({**index, **more}), embedder)
            _measure(result, name, cache, prepared, answer, lookups)
            cache.close()
    return result


def _measure(
    result: Result,
    name: str,
    cache: AnswerCache,
    prepared: list[PreparedQuestion],
    answer: Answer,
    lookups: int,
) -> None:
    for one in prepared:
        cache.answer(
            one, None, lambda prepared: answer.model_copy(update={"manifest": prepared.manifest})
        )
    polite = [_politely(one) for one in prepared[:lookups]]
    for one in polite:
        # Embeds each question, which is not what is measured, and reads the list for the first time.
        cache.lookup(one, None)
    exact = _times(lambda one: cache.lookup(one, None), prepared[:lookups])
    semantic = _times(lambda one: cache.lookup(one, None), polite)
    before = cache.stats()
    strange = [_politely(one, "Which colour has it: ") for one in prepared[:lookups]]
    for one in strange:
        cache.lookup(one, None)
    misses = _times(lambda one: cache.lookup(one, None), strange)
    result.add(f"{name}: exact hit", median(exact), "ms p50", at_most=3.0, note=_tail(exact))
    result.add(
        f"{name}: semantic hit, embedding apart",
        median(semantic),
        "ms p50",
        at_most=3.0,
        note=f"{_tail(semantic)}; {before.semantic} hits of {2 * lookups}, "
        f"{before.store.failures} failed calls",
    )
    result.add(
        f"{name}: miss, embedding apart", median(misses), "ms p50", at_most=3.0, note=_tail(misses)
    )


def _questions(count: int) -> list[Question]:
    found = questions("xquad")
    return (found * (count // len(found) + 1))[:count]


def _asked(service: AnswerService, question: Question, number: int) -> PreparedQuestion:
    """Each question once: a number makes the questions of a second round different."""
    return service.prepare(f"{question.text.rstrip('?')} {number}?", "xquad")


def _politely(prepared: PreparedQuestion, how: str = "Could you tell me: ") -> PreparedQuestion:
    return replace(prepared, question=how + prepared.question)


def _times(call: Callable[[Any], object], over: Any) -> list[float]:
    took = []
    for item in over:
        began = time.perf_counter()
        call(item)
        took.append((time.perf_counter() - began) * 1000)
    return took


def _tail(times: list[float]) -> str:
    return f"p99 {quantiles(times, n=100)[98]:.2f} ms"


def _service(settings: Settings, embedder: Embedder) -> AnswerService:
    store = open_index(settings.index)
    file, fields = corpus("xquad")
    sync_source("xquad", str(file), workbench(store, embedder), records=fields)
    return answer_service(settings, store, embedder)


def _cache(settings: Settings, embedder: Embedder) -> AnswerCache:
    store = open_store(settings)
    return answer_cache(settings, store, question_vectors(settings, only_model(embedder), store))
