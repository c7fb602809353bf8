"""What is looked up when metrics are read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.cache.answers import CacheStats
from app.fair_shares import ProcessorUse
from app.releases.pins import Pins
from app.telemetry.lookup import Lookup
from ingestion.index.protocol import SetInfo
from ingestion.versions.last_sync import LastSync

# How long a scrape waits for all lookups together, seconds: what takes longer shows its last result.
WAIT_S = 0.5
# Jobs are read from Redis or files one by one, so no more often than this.
JOBS_EVERY_S = 5.0
Sample: TypeAlias = tuple[Sequence[str], float]


class LiveSet(NamedTuple):
    """A document set: the version that answers come from, and its last sync that ended well."""

    info: SetInfo
    synced: LastSync | None


class InUse(NamedTuple):
    """How much of something bounded is in use."""

    now: float
    most: float


@dataclass(frozen=True, slots=True)
class JobFigures:
    """What the jobs of one kind are like.

    Attributes:
        count: state -> number of jobs that are remembered; every state is there.
        oldest_s: `queued` or `running` -> how long the oldest such job has waited or run, seconds; 0 for none.
        failed: document set -> whether its newest sync that ended failed, or was not published; no set for
            other kinds of jobs. A cancelled sync does not count.
    """

    count: dict[str, int]
    oldest_s: dict[str, float]
    failed: dict[str, bool] = field(default_factory=dict)


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Lookups:
    """Where the state of a running service is looked up. `None` where there is nothing.

    Attributes:
        sets: the document sets; may hang.
        jobs: kind -> figures of its jobs; may hang.
        dependencies: name -> a check, which raises an exception where it cannot be used; may hang.
        breakers: chat model -> state of its circuit breaker.
        cache: what the answer cache did.
        processor: how busy the processor is.
        answers: answers that are being worked on.
        threads: threads for blocking work.
        waiting: answers that wait to be stored.
        not_stored: answers that could not be stored since the start.
    """

    sets: Callable[[], list[LiveSet]] = list
    jobs: Mapping[str, Callable[[], JobFigures]] = field(default_factory=dict)
    dependencies: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    breakers: Callable[[], dict[str, str]] = dict
    cache: Callable[[], CacheStats | None] = _nothing
    processor: Callable[[], ProcessorUse | None] = _nothing
    answers: Callable[[], InUse | None] = _nothing
    threads: Callable[[], InUse | None] = _nothing
    waiting: Callable[[], float | None] = _nothing
    not_stored: Callable[[], int] = int


class AtScrape(Collector):
    """Gauges of the process that is asked.

    Lookups that may hang run in threads of their own, so that a scrape neither fails nor waits because of
    a dependency.
    """

    def __init__(self, lookups: Lookups, pins: Pins | None) -> None:
        self._lookups = lookups
        self._pins = pins
        self._sets = Lookup(lookups.sets)
        self._jobs = {kind: Lookup(look, JOBS_EVERY_S) for kind, look in lookups.jobs.items()}
        self._checks = {
            name: Lookup(partial(_passes, check), if_hung=False)
            for name, check in lookups.dependencies.items()
        }

    def collect(self) -> Iterator[Metric]:
        """All of them; those with nothing to say have no samples."""
        slow: list[Lookup[Any]] = [self._sets, *self._jobs.values(), *self._checks.values()]
        for lookup in slow:
            lookup.begin()
        until = time.monotonic() + WAIT_S
        for lookup in slow:
            lookup.value(max(0.0, until - time.monotonic()))
        yield from self._of_sets()
        yield from self._of_jobs()
        yield _gauge(
            "plumbline_dependency_up",
            "1 if a dependency can be used, else 0, as `GET /readyz` checks it.",
            ["dependency"],
            [
                ([name], float(passes))
                for name, check in self._checks.items()
                if (passes := check.value()) is not None
            ],
        )
        yield _gauge(
            "plumbline_model_resting",
            "1 while a chat model is not called since it failed too often.",
            ["model"],
            [([name], float(state == "open")) for name, state in self._lookups.breakers().items()],
        )
        yield self._release_info()
        stats = self._lookups.cache()
        yield _gauge(
            "plumbline_cache_aside",
            "1 while answers go on without a cache that failed.",
            [],
            [] if stats is None else [([], float(stats.store.aside))],
        )
        yield from self._of_work()

    def _of_sets(self) -> Iterator[Metric]:
        sets = self._sets.value() or []
        now = datetime.now(UTC)
        yield _gauge(
            "plumbline_index_age_seconds",
            "Time since the index version that answers come from was made.",
            ["document_set", "index_version"],
            [
                ([info.name, info.version], (now - info.committed_at).total_seconds())
                for info, _ in sets
            ],
        )
        yield _gauge(
            "plumbline_documents",
            "Documents of the index version that answers come from.",
            ["document_set"],
            [([info.name], float(info.documents)) for info, _ in sets],
        )
        synced = [(info.name, synced) for info, synced in sets if synced is not None]
        # A candidate that was published later, or is served by a release, was synced when it was made.
        as_of = {info.name: info.committed_at for info, _ in sets}
        as_of |= {name: max(as_of[name], one.at) for name, one in synced}
        yield _gauge(
            "plumbline_sync_timestamp_seconds",
            "When the last sync of a set ended whose result answers, as Unix time.",
            ["document_set"],
            [([name], at.timestamp()) for name, at in as_of.items()],
        )
        yield _gauge(
            "plumbline_sync_seconds",
            "How long the last sync took whose result went live at once.",
            ["document_set"],
            [([name], one.seconds) for name, one in synced],
        )

    def _of_jobs(self) -> Iterator[Metric]:
        known = {kind: found for kind, one in self._jobs.items() if (found := one.value())}
        yield _gauge(
            "plumbline_jobs",
            "Jobs that are remembered (`jobs.keep_days`).",
            ["kind", "state"],
            [
                ([kind, state], float(number))
                for kind, found in known.items()
                for state, number in found.count.items()
            ],
        )
        yield _gauge(
            "plumbline_job_oldest_seconds",
            "How long the oldest job that is queued has waited, or that is running has run; 0 for none.",
            ["kind", "state"],
            [
                ([kind, state], seconds)
                for kind, found in known.items()
                for state, seconds in found.oldest_s.items()
            ],
        )
        yield _gauge(
            "plumbline_sync_failed",
            "1 if the newest sync job of a set failed or was not published, else 0.",
            ["document_set"],
            [
                ([name], float(failed))
                for found in known.values()
                for name, failed in found.failed.items()
            ],
        )

    def _of_work(self) -> Iterator[Metric]:
        use = self._lookups.processor()
        yield _gauge(
            "plumbline_processor_steps",
            "Steps of answers that run on the processor, or wait for it.",
            ["state"],
            []
            if use is None
            else [(["running"], float(use.running)), (["waiting"], float(use.waiting))],
        )
        yield _gauge(
            "plumbline_processor_steps_limit",
            "Steps that may run at a time.",
            [],
            [] if use is None else [([], float(use.at_once))],
        )
        yield from _of_limit(
            "plumbline_answers_in_progress",
            "Answers that are being worked on.",
            self._lookups.answers(),
        )
        yield from _of_limit(
            "plumbline_threads_busy", "Threads at blocking work.", self._lookups.threads()
        )
        waiting = self._lookups.waiting()
        yield _gauge(
            "plumbline_answers_waiting_to_be_stored",
            "Answers that wait for the database.",
            [],
            [] if waiting is None else [([], waiting)],
        )

    def _release_info(self) -> Metric:
        sets = {} if self._pins is None else self._pins.sets
        release = "" if self._pins is None else self._pins.id
        return _gauge(
            "plumbline_release_info",
            "1 for each document set of the release that is served.",
            ["release", "manifest", "document_set"],
            [([release, one.manifest.id, name], 1.0) for name, one in sets.items()],
        )


def _of_limit(name: str, help_: str, use: InUse | None) -> Iterator[Metric]:
    yield _gauge(name, help_, [], [] if use is None else [([], use.now)])
    most: list[Sample] = [] if use is None else [([], use.most)]
    yield _gauge(f"{name}_limit", "How many there may be at a time.", [], most)


def _gauge(name: str, help_: str, labels: list[str], samples: Sequence[Sample]) -> Metric:
    found = GaugeMetricFamily(name, help_, labels=labels)
    for values, number in samples:
        found.add_metric(values, number)
    return found


def _passes(check: Callable[[], Any]) -> bool:
    try:
        check()
    except Exception:  # noqa: BLE001 (whatever it is, the dependency cannot be used)
        return False
    return True
