"""Metrics for Prometheus, in a registry of the service's own.

Where several processes serve (`PROMETHEUS_MULTIPROC_DIR` is set then, before any of them starts), each
writes its counts into that folder, and whichever is asked tells of all.
"""

from __future__ import annotations

import os
import threading
from collections import Counter as Counts
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from app.answer_settings import PricesSettings
from app.cache.answers import CacheStats
from app.callers import Caller
from app.costs import cost
from app.turns.turn import FailedTurn, Turn, TurnRequest
from ingestion.index.protocol import SetInfo

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

# The variable by which the library finds it.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Metrics:
    """What is counted and timed.

    Args:
        live: the live versions right now, for their age.
        breakers: chat model -> state of its circuit breaker.
        cache: what the answer cache did; None where there is none.
        prices: what tokens cost.
    """

    def __init__(
        self,
        live: Callable[[], list[SetInfo]] = list,
        breakers: Callable[[], dict[str, str]] = dict,
        cache: Callable[[], CacheStats | None] = lambda: None,
        prices: PricesSettings | None = None,
    ) -> None:
        self._prices = prices
        self._cache = cache
        self._cache_seen: Counts[str] = Counts()
        self._lock = threading.Lock()
        made = CollectorRegistry()
        self.requests = Histogram(
            "plumbline_request_seconds",
            "Time to the end of a response.",
            ["method", "route", "status"],
            buckets=SECONDS,
            registry=made,
        )
        self.retrieval = Histogram(
            "plumbline_retrieval_seconds",
            "Time to find passages.",
            ["document_set"],
            buckets=SECONDS,
            registry=made,
        )
        self.first_token = Histogram(
            "plumbline_first_token_seconds",
            "Time to the first word of a streamed answer.",
            ["model"],
            buckets=SECONDS,
            registry=made,
        )
        self.total = Histogram(
            "plumbline_answer_seconds",
            "Time to a whole answer.",
            ["document_set", "model", "cache"],
            buckets=SECONDS,
            registry=made,
        )
        answering = ["document_set", "model", "prompt"]
        self.answers = Counter(
            "plumbline_answers", "Answers.", [*answering, "cache", "outcome"], registry=made
        )
        self.citation_failures = Counter(
            "plumbline_citation_failures",
            "Markers that named no passage, and quotations that were in none.",
            [*answering, "kind"],
            registry=made,
        )
        self.tokens = Counter(
            "plumbline_tokens",
            "Tokens that chat models read and wrote.",
            ["model", "prompt", "direction"],
            registry=made,
        )
        self.cost = Counter(
            "plumbline_cost",
            "What those tokens cost, in the currency of the prices that are set.",
            ["model", "prompt"],
            registry=made,
        )
        self.failures = Counter(
            "plumbline_failures",
            "Questions that were fit to be answered, and were not.",
            [*answering, "error"],
            registry=made,
        )
        self.cache_events = Counter(
            "plumbline_cache_events",
            "What the answer cache did: kept an answer, was not allowed to, shared one that was "
            "being made, turned a near question away, failed.",
            ["event"],
            registry=made,
        )
        at_scrape = _AtScrape(live, breakers, cache)
        if SHARED_FOLDER in os.environ:
            made = CollectorRegistry()
            MultiProcessCollector(made)  # type: ignore[no-untyped-call]
        made.register(at_scrape)
        self._registry = made

    def on_turn(self, turn: Turn, request: TurnRequest, caller: Caller) -> None:
        """Count a turn that has ended."""
        name, model, prompt = turn.manifest.document_set, turn.model, turn.prompt_version
        timings = turn.timings_ms
        self._count_cache()
        outcome = "refused" if turn.refused else "degraded" if turn.degraded else "answered"
        self.answers.labels(name, model, prompt, turn.cache, outcome).inc()
        self.total.labels(name, model, turn.cache).observe(timings["total"] / 1000)
        if turn.cache in ("exact", "semantic"):
            return
        found = sum(timings.get(stage, 0.0) for stage in ("embed", "search", "rerank"))
        self.retrieval.labels(name).observe(found / 1000)
        if "first_token" in timings:
            self.first_token.labels(model).observe(timings["first_token"] / 1000)
        check = turn.citation_check
        failures = {"marker": check.markers_removed, "quote": len(check.quotes_unverified)}
        for kind, count in failures.items():
            if count:
                self.citation_failures.labels(name, model, prompt, kind).inc(count)
        paid = cost(turn.usage, self._prices)
        if paid is not None:
            self.cost.labels(model, prompt).inc(paid)
        if turn.usage is not None:
            self.tokens.labels(model, prompt, "input").inc(turn.usage.input_tokens)
            self.tokens.labels(model, prompt, "output").inc(turn.usage.output_tokens)

    def on_failure(self, failed: FailedTurn, request: TurnRequest, caller: Caller) -> None:
        """Count a turn that failed."""
        found = failed.manifest
        error = type(failed.error).__name__
        self.failures.labels(found.document_set, found.chat_model, found.prompt, error).inc()

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        self._count_cache()
        return generate_latest(self._registry)

    def _count_cache(self) -> None:
        """Count what the cache did since the last time."""
        stats = self._cache()
        if stats is None:
            return
        with self._lock:
            now = Counts(
                stored=stats.stored,
                not_stored=stats.not_stored,
                shared=stats.shared,
                turned_away=stats.turned_away,
                failed=stats.store.failures,
            )
            for event in now:
                self.cache_events.labels(event).inc(max(0, now[event] - self._cache_seen[event]))
            self._cache_seen = now


class _AtScrape:
    """What is looked up when it is asked for."""

    def __init__(
        self,
        live: Callable[[], list[SetInfo]],
        breakers: Callable[[], dict[str, str]],
        cache: Callable[[], CacheStats | None],
    ) -> None:
        self._live = live
        self._breakers = breakers
        self._cache = cache

    def collect(self) -> Iterator[Metric]:
        """Ages of the live versions, and which models are being left in peace."""
        age = GaugeMetricFamily(
            "plumbline_index_age_seconds",
            "Time since the live index version was made.",
            labels=["document_set", "index_version"],
        )
        for info in self._live():
            since = datetime.now(UTC) - info.committed_at
            age.add_metric([info.name, info.version], since.total_seconds())
        yield age
        resting = GaugeMetricFamily(
            "plumbline_model_resting",
            "1 while a chat model is not called since it failed too often.",
            labels=["model"],
        )
        for model, state in self._breakers().items():
            resting.add_metric([model], float(state == "open"))
        yield resting
        stats = self._cache()
        if stats is not None:
            yield from _of_cache(stats)


def _of_cache(stats: CacheStats) -> Iterator[Metric]:
    aside = GaugeMetricFamily(
        "plumbline_cache_aside", "1 while answers go on without a cache that failed."
    )
    aside.add_metric([], float(stats.store.aside))
    yield aside
