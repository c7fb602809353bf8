"""A real Prometheus that scrapes exporters of two releases."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server

from evals.errors import SourceRefused, SourceUnavailable
from evals.releases.canary.prometheus import PrometheusSource
from evals.releases.canary.signals import Look, SignalName, Tally
from evals.releases.canary.source import Bounds, ComparedReleases

PROMETHEUS = shutil.which("prometheus")
pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not installed")
BUCKETS = (0.5, 1, 2.5)
PATIENCE_S = 30.0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(holds: Callable[[], bool]) -> None:
    """Look again until something holds."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


class Replica:
    """A process of one release, as far as its metrics go; it keeps its port when it restarts."""

    def __init__(self, release: str) -> None:
        self.release, self.port = release, free_port()
        self.start()

    def start(self) -> None:
        registry = CollectorRegistry()

        def counter(name: str, labels: list[str]) -> Counter:
            return Counter(name, "Made.", [*labels, "release"], registry=registry)

        self.requests = Histogram(
            "plumbline_request_seconds", "Made.", ["method", "route", "status", "release"],
            registry=registry, buckets=BUCKETS,
        )  # fmt: skip
        self.seconds = Histogram(
            "plumbline_answer_seconds", "Made.", ["cache", "release"],
            registry=registry, buckets=BUCKETS,
        )  # fmt: skip
        self.answers = counter("plumbline_answers", ["cache", "outcome"])
        self.failures = counter("plumbline_failures", ["error"])
        self.unsupported = counter("plumbline_unsupported_answers", [])
        self.server, _ = start_http_server(self.port, "127.0.0.1", registry)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def serve(self, count: int, status: int = 200, took: float = 0.1, outcome: str = "answered",
              cache: str = "miss") -> None:  # fmt: skip
        request = self.requests.labels("POST", "/v1/chat", str(status), self.release)
        for _ in range(count):
            request.observe(took)
            if status == 200:
                self.answers.labels(cache, outcome, self.release).inc()
                self.seconds.labels(cache, self.release).observe(took)
            else:
                self.failures.labels("ModelUnavailable", self.release).inc()


class World:
    """Replicas, and the Prometheus that scrapes them."""

    def __init__(self, folder: Path) -> None:
        self.canary, self.baseline, self.other = (
            Replica("rel-a"), Replica("rel-b"), Replica("rel-b"),
        )  # fmt: skip
        port = free_port()
        self.other.stop()  # it is started by the test, later
        targets = [f"127.0.0.1:{r.port}" for r in (self.canary, self.baseline, self.other)]
        config = folder / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 500ms, scrape_timeout: 400ms}\n"
            f"scrape_configs: [{{job_name: plumbline, static_configs: [{{targets: {targets}}}]}}]\n"
        )
        self.url = f"http://127.0.0.1:{port}"
        assert PROMETHEUS is not None
        self.process = subprocess.Popen(
            [PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
        )  # fmt: skip
        try:
            until(lambda: self.value("count(up)") == 3)
        except BaseException:
            self.close()
            raise

    def value(self, query: str) -> float:
        try:
            answer = httpx.get(f"{self.url}/api/v1/query", params={"query": query}).json()
        except (httpx.HTTPError, ValueError):  # it is still starting
            return -1.0
        rows = answer.get("data", {}).get("result", [])
        return float(rows[0]["value"][1]) if rows else 0.0

    def scraped(self) -> None:
        """Wait until all that is counted now has been scraped."""
        moment = time.time() + 0.01
        until(lambda: self.value(f"min(timestamp(up)) > bool {moment}") == 1.0)

    def close(self) -> None:
        for replica in (self.canary, self.baseline, self.other):
            replica.stop()
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def compared(**more: Any) -> ComparedReleases:
    since = datetime.now(UTC)
    return ComparedReleases(**{"release": "rel-a", "baseline": "rel-b", "since": since,
                       "every": timedelta(seconds=1)} | more)  # fmt: skip


def total(looks: list[Look], signal: SignalName) -> tuple[Tally, Tally]:
    """Of canary and baseline."""
    canary, baseline = Tally(), Tally()
    for look in looks:
        canary += look.canary.get(signal, Tally())
        baseline += look.baseline.get(signal, Tally())
    return canary, baseline


def read(source: PrometheusSource, which: ComparedReleases) -> list[Look]:
    """All looks up to now."""
    return source.looks(which.last_look(datetime.now(UTC) + which.every))


def test_counts_are_exact_across_replicas_restarts_and_what_was_before(world: World) -> None:
    world.baseline.serve(100, took=0.1)
    world.canary.serve(40, status=500)  # before the canary began: not counted
    world.scraped()
    world.scraped()  # two samples make a history to take the 95th percentile from
    which = compared()
    source, half_way = (PrometheusSource(world.url, which) for _ in range(2))
    world.canary.serve(30, took=2.0)
    world.canary.serve(5, took=9.0)
    world.canary.serve(4, status=500)
    world.canary.serve(7, outcome="refused", took=0.2)
    world.canary.serve(2, outcome="degraded", took=0.2)
    world.canary.serve(3, cache="exact", took=9.0)
    world.canary.unsupported.labels("rel-a").inc(2)
    world.baseline.serve(50)
    world.scraped()
    looks = read(source, which)
    world.canary.stop()
    world.canary.start()  # counts from 0 again
    world.canary.serve(11)
    world.other.start()  # a replica more
    world.other.serve(25)
    world.scraped()
    until(lambda: world.value('sum(plumbline_answers_total{release="rel-b"})') == 175)
    looks += read(source, which)
    assert source.bounds["latency"] == 0.5
    assert total(looks, "errors") == (Tally(6, 62), Tally(0, 75))
    assert total(looks, "refusals") == (Tally(7, 58), Tally(0, 75))
    assert total(looks, "latency") == (Tally(35, 55), Tally(0, 75))
    assert total(looks, "citations") == (Tally(2, 58), Tally(0, 75))
    # Who reads it all at once later comes to the same.
    later = read(half_way, which)
    assert total(later, "latency") == total(looks, "latency")
    assert source.releases() == ["rel-a", "rel-b"]
    assert set(source.not_judged) == {"cost", "feedback"}
    assert "exports plumbline_feedback_total" in source.not_judged["feedback"]


def test_what_cannot_be_judged_says_what_to_do(world: World) -> None:
    def source(**more: Any) -> PrometheusSource:
        return PrometheusSource(world.url, compared(), **more)

    until_now = datetime.now(UTC) + timedelta(seconds=2)
    with pytest.raises(SourceRefused, match="give --slow SECONDS"):
        source().looks(until_now)
    world.canary.serve(1)
    world.scraped()
    with pytest.raises(
        SourceRefused, match=r"no bucket that ends at 2; choose one of 0\.5, 1, 2\.5"
    ):
        source(bounds=Bounds(slow_s=2)).looks(until_now)
    with pytest.raises(SourceRefused, match="refuses the query"):
        source(bounds=Bounds(slow_s=1), matchers="namespace=").looks(until_now)
    with pytest.raises(SourceUnavailable, match="cannot be reached"):
        PrometheusSource("http://127.0.0.1:9", compared()).looks(until_now)
    with pytest.raises(SourceRefused, match="is no Prometheus API"):
        PrometheusSource(f"{world.url}/graph", compared()).looks(until_now)
    with pytest.raises(SourceRefused, match="is not the URL"):
        PrometheusSource("prometheus:9090", compared()).looks(until_now)
