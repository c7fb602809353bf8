"""Metrics for Prometheus, in a registry of the service's own.

Where several processes serve (`PROMETHEUS_MULTIPROC_DIR` is set then, before any of them starts), each
writes its counts into that folder, and any process that is asked answers for all.
"""

from __future__ import annotations

import os
import threading
from collections import Counter as Counts
from functools import lru_cache
from typing import Any, NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.multiprocess import MultiProcessCollector

from app.answering.answer import cost
from app.callers import Caller
from app.releases.pins import Pins
from app.settings.answering import PricesSettings
from app.telemetry.at_scrape import AtScrape, Lookups
from app.turns.turn import FailedTurn, Turn, TurnRequest

# A third of a decade each, in the currency of the prices: from a millionth to ten.
COSTS = tuple(round(10 ** (step / 3), 9) for step in range(-18, 4))
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

# So many counters of one name are found at once.
MOST_REMEMBERED = 500
# The variable by which the library finds it.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class MetricDescription(NamedTuple):
    """A metric.

    Attributes:
        name: as it is queried; a histogram has `_bucket`, `_sum` and `_count` behind it.
        type: counter, gauge or histogram.
        labels: names of its labels.
        meaning: a sentence.
    """

    name: str
    type: str
    labels: tuple[str, ...]
    meaning: str


class Metrics:
    """What is counted and timed, and what is looked up when it is read.

    Args:
        lookups: where the state of the service is looked up; see `watch`.
        prices: what tokens cost.
        pins: the release that this process serves; None for none.
    """

    def __init__(
        self,
        lookups: Lookups | None = None,
        prices: PricesSettings | None = None,
        pins: Pins | None = None,
    ) -> None:
        self._prices = prices
        self._pins = pins
        # Of requests. An answer has its own: none where its request named other versions.
        self.release = "" if pins is None else pins.id
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()
        made = CollectorRegistry()
        self.requests = Histogram(
            "plumbline_request_seconds",
            "Time to the end of a response.",
            ["method", "route", "status", "release"],
            buckets=SECONDS,
            registry=made,
        )
        self.retrieval = Histogram(
            "plumbline_retrieval_seconds",
            "Time to find passages.",
            ["document_set", "release"],
            buckets=SECONDS,
            registry=made,
        )
        self.first_token = Histogram(
            "plumbline_first_token_seconds",
            "Time to the first word of a streamed answer.",
            ["model", "release"],
            buckets=SECONDS,
            registry=made,
        )
        self.total = Histogram(
            "plumbline_answer_seconds",
            "Time to a whole answer.",
            ["document_set", "model", "cache", "release"],
            buckets=SECONDS,
            registry=made,
        )
        answering = ["document_set", "model", "prompt"]
        self.answers = Counter(
            "plumbline_answers",
            "Answers.",
            [*answering, "cache", "outcome", "release"],
            registry=made,
        )
        self.citation_failures = Counter(
            "plumbline_citation_failures",
            "Markers that named no passage, and quotations that were in none.",
            [*answering, "kind", "release"],
            registry=made,
        )
        self.unsupported = Counter(
            "plumbline_unsupported_answers",
            "Answers given, from the cache too, with a marker or quotation that failed the check.",
            ["release"],
            registry=made,
        )
        self.feedback = Counter(
            "plumbline_feedback",
            "Opinions that callers gave, by the release that made the answer.",
            ["release", "thumb"],
            registry=made,
        )
        self.answer_cost = Histogram(
            "plumbline_answer_cost",
            "What one answer cost that did not come from the cache, where prices are set.",
            ["release"],
            buckets=COSTS,
            registry=made,
        )
        self.tokens = Counter(
            "plumbline_tokens",
            "Tokens that chat models read and wrote.",
            ["model", "prompt", "direction", "release"],
            registry=made,
        )
        self.cost = Counter(
            "plumbline_cost",
            "What those tokens cost, in the currency of the prices that are set.",
            ["model", "prompt", "release"],
            registry=made,
        )
        self.failures = Counter(
            "plumbline_failures",
            "Questions that were fit to be answered, and were not.",
            [*answering, "error", "release"],
            registry=made,
        )
        self.cache_events = Counter(
            "plumbline_cache_events",
            "What the answer cache did: kept an answer, was not allowed to, shared one that was "
            "being made, turned a near question away, failed.",
            ["event"],
            registry=made,
        )
        self.not_stored = Counter(
            "plumbline_answers_not_stored",
            "Answers that were given and could not be stored in the database.",
            registry=made,
        )
        if SHARED_FOLDER in os.environ:
            made = CollectorRegistry()
            MultiProcessCollector(made)  # type: ignore[no-untyped-call]
        else:
            ProcessCollector(registry=made)
        # Counters and histograms by their labels: the library makes and compares them each time.
        self.requests_of = lru_cache(MOST_REMEMBERED)(self.requests.labels)
        self._answers_of = lru_cache(MOST_REMEMBERED)(self.answers.labels)
        self._total_of = lru_cache(MOST_REMEMBERED)(self.total.labels)
        self._counted = made
        self.watch(lookups or Lookups())

    def watch(self, lookups: Lookups) -> None:
        """From now on, look the state of the service up here."""
        self._lookups = lookups
        self._looked_up = CollectorRegistry()
        self._looked_up.register(AtScrape(lookups, self._pins))

    def on_turn(self, turn: Turn, request: TurnRequest, caller: Caller) -> None:
        """Count a turn that has ended."""
        name, model, prompt = turn.manifest.document_set, turn.model, turn.prompt_version
        release = turn.release or ""
        timings = turn.timings_ms
        self._count_changes()
        outcome = "refused" if turn.refused else "degraded" if turn.degraded else "answered"
        self._answers_of(name, model, prompt, turn.cache, outcome, release).inc()
        self._total_of(name, model, turn.cache, release).observe(timings["total"] / 1000)
        check = turn.citation_check
        failures = {"marker": check.markers_removed, "quote": len(check.quotes_unverified)}
        if any(failures.values()):
            self.unsupported.labels(release).inc()
        if turn.cache in ("exact", "semantic"):
            return
        found = sum(timings.get(stage, 0.0) for stage in ("embed", "search", "rerank"))
        self.retrieval.labels(name, release).observe(found / 1000)
        if "first_token" in timings:
            self.first_token.labels(model, release).observe(timings["first_token"] / 1000)
        for kind, count in failures.items():
            if count:
                self.citation_failures.labels(name, model, prompt, kind, release).inc(count)
        paid = cost(turn.usage, self._prices)
        if paid is not None:
            self.cost.labels(model, prompt, release).inc(paid)
            self.answer_cost.labels(release).observe(paid)
        if turn.usage is not None:
            self.tokens.labels(model, prompt, "input", release).inc(turn.usage.input_tokens)
            self.tokens.labels(model, prompt, "output", release).inc(turn.usage.output_tokens)

    def on_failure(self, failed: FailedTurn, request: TurnRequest, caller: Caller) -> None:
        """Count a turn that failed."""
        found = failed.manifest
        error = type(failed.error).__name__
        self.failures.labels(
            found.document_set, found.chat_model, found.prompt, error, failed.release or ""
        ).inc()

    def on_feedback(self, thumb: str, release: str | None) -> None:
        """Count an opinion.

        Args:
            thumb: `up` or `down`.
            release: the one that shaped the answer, which may be another than this process serves.
        """
        self.feedback.labels(release or "", thumb).inc()

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        self._count_changes()
        return generate_latest(self._counted) + generate_latest(self._looked_up)

    def since_start(self) -> dict[str, dict[str, int]]:
        """Sums since the start: `requests` by class of status, `answers` by outcome."""
        requests: Counts[str] = Counts()
        answers: Counts[str] = Counts()
        for family in self._counted.collect():
            for sample in family.samples:
                if sample.name == "plumbline_request_seconds_count":
                    requests[f"{sample.labels['status'][:1]}xx"] += int(sample.value)
                elif sample.name == "plumbline_answers_total":
                    answers[sample.labels["outcome"]] += int(sample.value)
        return {
            "requests": dict(sorted(requests.items())),
            "answers": dict(sorted(answers.items())),
        }

    def described(self) -> list[MetricDescription]:
        """What `text` can hold, by name; with the metrics of the process, where one process serves."""
        found = []
        for registry in (self._counted, self._looked_up):
            collector: Any
            # prometheus-client has no public way to a metric's label names.
            for collector in registry._collector_to_names:
                wrapped = isinstance(collector, MetricWrapperBase)
                for family in collector.describe() if wrapped else collector.collect():
                    labels = (collector if wrapped else family)._labelnames
                    name = family.name + ("_total" if family.type == "counter" else "")
                    found.append(
                        MetricDescription(name, family.type, tuple(labels), family.documentation)
                    )
        return sorted(found)

    def _count_changes(self) -> None:
        """Count what the cache and the writer of answers did since the last time."""
        stats = self._lookups.cache()
        now = {"not_stored_answers": self._lookups.not_stored()}
        if stats is not None:
            now.update(
                stored=stats.stored,
                not_stored=stats.not_stored,
                shared=stats.shared,
                turned_away=stats.turned_away,
                failed=stats.store.failures,
            )
        with self._lock:
            if now == self._seen:  # as after each answer out of the cache
                return
            for event, number in now.items():
                counter = (
                    self.not_stored
                    if event == "not_stored_answers"
                    else self.cache_events.labels(event)
                )
                counter.inc(max(0, number - self._seen.get(event, 0)))
            self._seen = now
