"""`plumb serve` with two workers and Redis: the index goes away, Redis is killed, and both come back."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from evals.benchmarks.faults.services import Service
from evals.benchmarks.processes import RedisServer
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from tests.indexing import workbench_here

FACTS = {
    "How fast may a loaded van drive?": "90 km/h",
    "How long does a driver rest?": "45 minutes",
    "When does the gate code of the north yard change?": "Monday",
}
TEXT = """# Rules

## Speed

A loaded van may drive at most 90 km/h.

## Rest

A driver rests 45 minutes after four hours at the wheel.

## Gate

The gate code of the north yard changes every Monday.
"""
pytestmark = pytest.mark.load
CALLERS = 4
PATIENCE_S = 120


@dataclass(frozen=True)
class Response:
    question: str
    status: int
    media: str
    retry_after: str | None
    body: dict[str, Any]


@dataclass
class Callers:
    """Threads that ask without pause while it is entered; keeps all responses, in order."""

    url: str
    responses: list[Response] = field(default_factory=list)
    broken: list[Exception] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)
    over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Callers:
        self.threads = [threading.Thread(target=self._ask) for _ in range(CALLERS)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def wait_until(self, holds: Callable[[list[Response]], bool]) -> None:
        """Wait until this is true of the responses from now on."""
        with self.news:
            since = len(self.responses)
            done = self.news.wait_for(
                lambda: self.broken or holds(self.responses[since:]), timeout=PATIENCE_S
            )
            assert done, [(one.status, one.body.get("cache")) for one in self.responses[since:]]
            assert not self.broken

    def _ask(self) -> None:
        try:
            for question in cycle(FACTS):
                if self.over.is_set():
                    return
                response = ask(self.url, question)
                with self.news:
                    self.responses.append(response)
                    self.news.notify_all()
        except Exception as error:  # noqa: BLE001 (the test fails by it, in its own thread)
            with self.news:
                self.broken.append(error)
                self.news.notify_all()


def ask(url: str, question: str) -> Response:
    body = json.dumps({"question": question}).encode()
    request = Request(f"{url}/v1/chat", body, {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=PATIENCE_S) as response:
            return _response_of(question, response.status, response.headers, response.read())
    except HTTPError as error:
        return _response_of(question, error.code, error.headers, error.read())


def _response_of(question: str, status: int, headers: Any, body: bytes) -> Response:
    return Response(
        question, status, headers["Content-Type"], headers["Retry-After"], json.loads(body)
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def redis(place: Path) -> Iterator[RedisServer]:
    server = RedisServer(place)
    yield server
    server.close()


@pytest.fixture(scope="module")
def service(place: Path, redis: RedisServer, embedder: Embedder) -> Iterator[Service]:
    (place / "rules.md").write_text(TEXT, "utf-8")
    store = open_store(IndexSettings(url=str(place / "index")))
    sync_source("yard", str(place / "rules.md"), workbench_here(store, embedder))
    store.close()
    settings = {"index.url": "index", "redis.url": redis.url, "serve.workers": 2}
    opened = Service(place, settings)
    opened.wait()
    yield opened
    opened.close()
    assert "Traceback" not in opened.log.read_text("utf-8")


def is_right(response: Response) -> bool:
    return response.status == 200 and FACTS[response.question] in response.body["answer"]


def counts(least: int, fits: Callable[[Response], bool]) -> Callable[[list[Response]], bool]:
    return lambda response: sum(map(fits, response)) >= least


def test_an_index_that_is_away_gives_well_formed_errors_and_comes_back(
    service: Service, place: Path
) -> None:
    index, away = place / "index", place / "away"
    with Callers(service.url) as callers:
        callers.wait_until(counts(2 * CALLERS, is_right))
        index.rename(away)
        callers.wait_until(counts(4 * CALLERS, lambda response: response.status == 503))
        status, ready = service.readiness()
        assert (status, ready["dependencies"]["index"]["ready"]) == (503, False)
        assert service.alive()
        away.rename(index)
        callers.wait_until(
            lambda response: len(response) > 40 and all(map(is_right, response[-20:]))
        )
    assert service.readiness()[0] == 200
    for response in callers.responses:
        if response.status == 200:
            assert is_right(response)
            continue
        assert (response.status, response.media) == (503, "application/problem+json")
        assert response.body.keys() == {"type", "title", "status", "detail", "instance"}
        assert response.body["type"] == "urn:plumbline:problem:index-unavailable"
        assert response.retry_after is not None
        assert response.retry_after.isdigit()


def test_a_redis_that_is_killed_costs_no_answer(service: Service, redis: RedisServer) -> None:
    def came(cache: str) -> Callable[[Response], bool]:
        return lambda response: response.status == 200 and response.body["cache"] == cache

    with Callers(service.url) as callers:
        callers.wait_until(counts(2 * CALLERS, came("exact")))
        redis.signal(signal.SIGKILL)
        callers.wait_until(counts(3 * CALLERS, came("miss")))
        status, ready = service.readiness()
        assert (status, ready["dependencies"]["redis"]["ready"]) == (200, False)
        redis.start()
        callers.wait_until(counts(2 * CALLERS, came("exact")))
    assert [response for response in callers.responses if not is_right(response)] == []
    assert service.readiness()[1]["dependencies"]["redis"]["ready"]
