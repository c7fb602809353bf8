"""What does the service cost over what it wraps: over one Redis GET, and over the bare pipeline?"""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

import numpy as np

from evals.benchmarks import load
from evals.benchmarks.bare_pipeline import SET, bare_pipeline
from evals.benchmarks.data import questions
from evals.benchmarks.processes import measured, redis_server
from evals.benchmarks.service_process import CALLS
from evals.benchmarks.table import Result
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source, workbench

HANDBOOK = Path(__file__).parents[2] / "docs" / "handbook" / "documents"
WARM, ASKED, CALLERS = 40, 350, 20
# Between two questions of one caller: the core is then at work about half of the time.
PAUSE_S = 1.0
EQUAL = 200
TURNS = 5
# One caller's questions can be asked in shorter turns: a machine's speed changes within seconds.
SHORT_TURNS = 35


def run(embedder: Embedder) -> Result:
    """Real uvicorn, real Redis, real index; the chat model answers at once."""
    result = Result("service_speed", "The service over what it wraps (chat model answers at once)")
    texts = [question.text for question in questions("xquad")][: 3 * (WARM + ASKED)]
    with ExitStack() as stack, TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(IndexSettings(url=str(folder / "index")))
        sync_source(SET, str(HANDBOOK), workbench(store, embedder))
        redis = stack.enter_context(redis_server(folder))
        settings = {
            "index.url": str(folder / "index"),
            "store.url": f"sqlite:///{folder / 'store.db'}",
            "redis.url": redis,
            "limits.per_minute": 0,
            "limits.answers_at_once": EQUAL,
        }
        port = stack.enter_context(_service("plumb", settings))
        _exact(result, stack, port, redis, texts[0])
        route = stack.enter_context(_service("pipeline", {"index": str(folder / "index")}))
        _misses(result, port, route, store, embedder, texts)
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
    ours, theirs = _in_turn(port, least, request, ASKED, 1)
    mine, bare = _share(ours.milliseconds, 50), _share(theirs.milliseconds, 50)
    result.add(
        "exact hit, p50, as a multiple of a route with one Redis GET",
        mine / bare,
        "x",
        at_most=1.6,
        note=f"{mine:.2f} ms against {bare:.2f} ms, {len(body) / 1024:.0f} KiB, one caller",
    )
    ours, theirs = _in_turn(port, least, request, 2 * ASKED, CALLERS)
    share = theirs.seconds / ours.seconds
    note = f"{len(ours.milliseconds) / ours.seconds:.0f} a second, {CALLERS} callers"
    what = "exact hits, share of that route's throughput"
    result.add(what, share, "x", at_least=0.6, note=note)


def _turns(callers: int) -> int:
    return SHORT_TURNS if callers == 1 else TURNS


def _in_turn(
    one: int, other: int, request: bytes, count: int, callers: int
) -> tuple[load.Load, load.Load]:
    """Load two services by turns, so that whatever else goes on falls on both."""
    turns: tuple[list[load.Load], list[load.Load]] = ([], [])
    shares = _turns(callers)
    for _ in range(shares):
        for port, loads in zip((one, other), turns, strict=True):
            loads.append(load.send(port, [request] * (count // shares), callers))
    first, second = (
        load.Load(
            [ms for part in loads for ms in part.milliseconds],
            [status for part in loads for status in part.statuses],
            sum(part.seconds for part in loads),
        )
        for loads in turns
    )
    return first, second


def _misses(
    result: Result, port: int, route: int, store: Any, embedder: Embedder, texts: list[str]
) -> None:
    bare = bare_pipeline(store, embedder)
    ways = ((1, 0.0, "one caller"), (CALLERS, PAUSE_S, f"{CALLERS} callers, {PAUSE_S:g} s apart"))
    share = len(texts) // (len(ways) + 1)
    for place, (callers, pause_s, who) in enumerate((*ways, (CALLERS, 0.0, "without pause"))):
        mine = texts[place * share : (place + 1) * share]
        ours, behind, alone = _three_in_turn(port, route, bare, mine, callers, pause_s)
        if who == "without pause":
            _saturated(result, ours, alone)
            return
        for percent, bound in ((50, 5), (95, 12)):
            ms, theirs = _share(ours, percent), _share(alone, percent)
            result.add(
                f"over the bare pipeline, p{percent}, {who}",
                ms - theirs,
                "ms",
                at_most=bound,
                note=f"{ms:.1f} ms against {theirs:.1f} ms; "
                f"the pipeline behind a bare FastAPI route: {_share(behind, percent):.1f} ms",
            )


def _three_in_turn(
    port: int, route: int, bare: Any, texts: list[str], callers: int, pause_s: float
) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of the service, of the route around the pipeline, of the pipeline; by turns."""
    asked = [load.post("/v1/chat", {"question": text, "document_set": SET}) for text in texts]
    for service in (port, route):
        load.send(service, asked[:WARM], callers)
    _timed(bare, texts[:WARM], callers, 0.0)
    ours: list[float] = []
    behind: list[float] = []
    alone: list[float] = []
    turns = _turns(callers)
    for turn in range(turns):
        mine = slice(WARM + turn, None, turns)
        answered = load.send(port, asked[mine], callers, pause_s)
        if set(answered.statuses) != {200}:
            raise ValueError(f"statuses {set(answered.statuses)}")
        ours += answered.milliseconds
        behind += load.send(route, asked[mine], callers, pause_s).milliseconds
        alone += _timed(bare, texts[mine], callers, pause_s)
    return ours, behind, alone


def _saturated(result: Result, ours: list[float], alone: list[float]) -> None:
    """Where callers wait for the processor, times say how many wait; throughput says what it costs."""
    mine, theirs = _share(ours, 50), _share(alone, 50)
    note = f"p50 {mine:.0f} ms against {theirs:.0f} ms"
    name = f"{CALLERS} callers without pause, p50 as a multiple of the bare pipeline's"
    result.add(name, mine / theirs, "x", note=note)


def _one_flight(result: Result, port: int) -> None:
    before = _calls(port)
    request = load.post("/v1/chat", {"question": "Who may release goods?", "document_set": SET})
    sent = load.send(port, [request] * EQUAL, EQUAL)
    if set(sent.statuses) != {200}:
        raise ValueError(f"statuses {set(sent.statuses)}")
    calls = _calls(port) - before
    result.add(f"{EQUAL} equal questions at once", calls, "model calls", at_most=1)


def _timed(answer: Any, texts: list[str], callers: int, pause_s: float) -> list[float]:
    took: list[float] = []
    lock = threading.Lock()

    def one(text: str) -> None:
        began = time.perf_counter()
        answer(text)
        with lock:
            took.append((time.perf_counter() - began) * 1000)
        time.sleep(pause_s)

    def start(number: int) -> None:
        time.sleep(pause_s * number / callers)
        for text in texts[number::callers]:
            one(text)

    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(start, range(callers)))
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


def _service(kind: str, given: dict[str, Any]) -> AbstractContextManager[int]:
    return measured("service_process", kind, json.dumps(given))
