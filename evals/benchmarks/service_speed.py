"""What does the service cost over what it wraps: over one Redis GET, and over the bare pipeline?"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

import numpy as np

from app.answering.rendering import render
from app.answering.retrieval import Retriever
from app.embedders import only_model
from evals.benchmarks import load
from evals.benchmarks.data import questions
from evals.benchmarks.processes import RedisServer, free_port, wait_for
from evals.benchmarks.service_process import CALLS
from evals.benchmarks.table import Result
from ingestion.embedding import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source, workbench
from ingestion.versions.catalogue import Catalogue
from prompts.errors import SettingsError
from prompts.registry import PromptRegistry, shipped_prompts

HANDBOOK = Path(__file__).parents[2] / "docs" / "handbook" / "documents"
SET = "handbook"
WARM, ASKED, CALLERS = 40, 400, 20
EQUAL = 200


def run(embedder: Embedder) -> Result:
    """Real uvicorn, real Redis, real index; the chat model answers at once."""
    result = Result("service_speed", "The service over what it wraps (chat model answers at once)")
    if shutil.which("redis-server") is None:
        raise SettingsError("redis-server is not installed")
    texts = [question.text for question in questions("xquad")][: 2 * (WARM + ASKED)]
    with ExitStack() as stack, TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(IndexSettings(url=str(folder / "index")))
        sync_source(SET, str(HANDBOOK), workbench(store, embedder))
        redis = stack.enter_context(_redis(folder))
        settings = {
            "index.url": str(folder / "index"),
            "store.url": f"sqlite:///{folder / 'store.db'}",
            "redis.url": redis,
            "limits.per_minute": 0,
            "limits.answers_at_once": EQUAL,
        }
        port = stack.enter_context(_service("plumb", settings))
        _exact(result, stack, port, redis, texts[0])
        _misses(result, port, store, embedder, texts)
        _one_flight(result, port)
        store.close()
    return result


def _exact(result: Result, stack: ExitStack, port: int, redis: str, text: str) -> None:
    from redis import Redis

    request = load.post("/v1/chat", {"question": text, "document_set": SET})
    load.send(port, [request] * WARM, 1)
    body = urlopen(_request(port, text)).read()
    with Redis.from_url(redis) as client:
        client.set("bench:answer", body)
    least = stack.enter_context(_service("redis-get", {"url": redis, "key": "bench:answer"}))
    load.send(least, [request] * WARM, 1)
    ours = load.send(port, [request] * ASKED, 1)
    theirs = load.send(least, [request] * ASKED, 1)
    mine, bare = _share(ours.milliseconds, 50), _share(theirs.milliseconds, 50)
    result.add(
        "exact hit, p50, as a multiple of a route with one Redis GET",
        mine / bare,
        "x",
        at_most=2.5,
        note=f"{mine:.2f} ms against {bare:.2f} ms, {len(body) / 1024:.0f} KiB, one caller",
    )
    ours = load.send(port, [request] * ASKED * 2, CALLERS)
    theirs = load.send(least, [request] * ASKED * 2, CALLERS)
    share = theirs.seconds / ours.seconds
    note = f"{len(ours.milliseconds) / ours.seconds:.0f} a second, {CALLERS} callers"
    result.add("exact hits, share of that route's throughput", share, "x", note=note)


def _misses(result: Result, port: int, store: Any, embedder: Embedder, texts: list[str]) -> None:
    asked = [load.post("/v1/chat", {"question": t, "document_set": SET}) for t in texts]
    bare = _pipeline(store, embedder)
    for callers in (1, CALLERS):
        share = asked[: len(asked) // 2] if callers == 1 else asked[len(asked) // 2 :]
        own = texts[: len(asked) // 2] if callers == 1 else texts[len(asked) // 2 :]
        load.send(port, share[:WARM], callers)
        ours = load.send(port, share[WARM:], callers)
        if set(ours.statuses) != {200}:
            raise ValueError(f"statuses {set(ours.statuses)}")
        _timed(bare, own[:WARM], callers)
        alone = _timed(bare, own[WARM:], callers)
        who = "one caller" if callers == 1 else f"{callers} callers without pause"
        for percent, bound in ((50, 5), (95, 15)):
            mine, theirs = _share(ours.milliseconds, percent), _share(alone, percent)
            result.add(
                f"over the bare pipeline, p{percent}, {who}",
                mine - theirs,
                "ms",
                at_most=bound,
                note=f"{mine:.1f} ms against {theirs:.1f} ms",
            )


def _one_flight(result: Result, port: int) -> None:
    before = _calls(port)
    request = load.post("/v1/chat", {"question": "Who may release goods?", "document_set": SET})
    sent = load.send(port, [request] * EQUAL, EQUAL)
    if set(sent.statuses) != {200}:
        raise ValueError(f"statuses {set(sent.statuses)}")
    calls = _calls(port) - before
    result.add(f"{EQUAL} equal questions at once", calls, "model calls", at_most=1)


def _pipeline(store: Any, embedder: Embedder) -> Any:
    """Embed, search, and fill the prompt, as a program of its own would."""
    opened = Catalogue(store).open(SET)
    retriever = Retriever(only_model(embedder), 100)
    prompt = PromptRegistry(shipped_prompts()).get("answer")

    def answer(question: str) -> None:
        found = retriever.retrieve(question, opened, prompt.retrieval.passages)
        render(prompt, question, found.passages)

    return answer


def _timed(answer: Any, texts: list[str], callers: int) -> list[float]:
    took: list[float] = []
    lock = threading.Lock()

    def one(text: str) -> None:
        began = time.perf_counter()
        answer(text)
        with lock:
            took.append((time.perf_counter() - began) * 1000)

    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(one, texts))
    return took


def _request(port: int, text: str) -> Any:
    from urllib.request import Request

    body = json.dumps({"question": text, "document_set": SET}).encode()
    headers = {"Content-Type": "application/json"}
    return Request(f"http://127.0.0.1:{port}/v1/chat", body, headers)


def _calls(port: int) -> int:
    return int(urlopen(f"http://127.0.0.1:{port}{CALLS}").read())


def _share(values: list[float], percent: int) -> float:
    return float(np.percentile(values, percent))


@contextmanager
def _service(kind: str, given: dict[str, Any]) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "evals.benchmarks.service_process"]
    process = subprocess.Popen([*command, kind, str(port), json.dumps(given)])
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    server = RedisServer(folder)
    try:
        yield server.url
    finally:
        server.close()
