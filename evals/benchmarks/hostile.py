"""What do clients that keep the service waiting, and floods of one caller, cost another caller?

Rounds with and without hostile clients take turns in one run, and the ratio is that of the medians of
the rounds' p95, so that other work on the machine disturbs both alike. How far each attack really took
place is measured too: what the service still has to send to clients that do not read, by the kernel's
table of connections; connections that are held; answers that a flood got.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import numpy as np

from app.security.keys import Keys
from app.store.database import migrated
from evals.benchmarks.bare_pipeline import SET
from evals.benchmarks.data import questions
from evals.benchmarks.processes import measured
from evals.benchmarks.service_speed import HANDBOOK
from evals.benchmarks.table import Result
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source, workbench

WARM, TURNS, ASKED = 20, 6, 30
# The other caller thinks between two questions.
PAUSE_S = 0.1
KINDS, OTHERS = 4, 8
SLOW_BODIES, SLOW_READERS, IDLE, FLOODING = 64, 32, 1000, 8
# A flooding client waits for its answer, and then so long: a client of its own, not a busy loop that
# takes the processor away from the service on the same machine.
FLOOD_PAUSE_S = 0.1

# What it counts by its end: how many of what.
Extent: TypeAlias = Callable[[], tuple[int, str]]
Attack: TypeAlias = Callable[[int, str], AbstractContextManager[Extent]]
# Columns and values of /proc/net/tcp: the state of an open connection, in hexadecimal.
OPEN = "01"


@dataclass(frozen=True, slots=True)
class Responses:
    """What the other caller saw: milliseconds and status of each question."""

    milliseconds: list[float]
    statuses: Counter[int]


def run(embedder: Embedder) -> Result:
    """A real server with its default bounds; with and without hostile clients by turns."""
    result = Result("hostile", "Another caller beside hostile clients, against alone")
    texts = [question.text for question in questions("xquad")]
    with ExitStack() as stack, TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(IndexSettings(url=str(folder / "index")))
        sync_source(SET, str(HANDBOOK), workbench(store, embedder))
        store.close()
        url = f"sqlite:///{folder / 'store.db'}"
        with migrated(url) as database:
            made = Keys(database)
            # The bound on requests a minute holds, as it does by default. So the other caller has
            # some keys, and hostile ones another key each time, since they would be refused else.
            others = cycle([made.create(f"other-{n}", "reader") for n in range(OTHERS)])
            hostile = [made.create(f"hostile-{n}", "reader") for n in range(KINDS * TURNS)]
        given = {
            "index.url": str(folder / "index"),
            "store.url": url,
            "auth.enabled": True,
        }
        port = stack.enter_context(measured("service_process", "plumb", json.dumps(given)))
        # Each question is asked once, so that no cache answers it.
        coming = (f"{text} ({number})" for number in count() for text in texts)
        _ask(port, others, coming, WARM)
        result.add("load of the machine before", os.getloadavg()[0], "processes")
        kinds: dict[str, Attack] = {
            f"{SLOW_BODIES} slow bodies": _slow_bodies,
            f"{SLOW_READERS} slow readers": _slow_readers,
            f"{IDLE:,} idle connections": _idle,
            f"a flood by {FLOODING} clients": _flood,
        }
        for kind, attack in kinds.items():
            alone, beside, extents = [], [], []
            for _ in range(TURNS):
                alone.append(_ask(port, others, coming, ASKED))
                with attack(port, hostile.pop()) as extent:
                    beside.append(_ask(port, others, coming, ASKED))
                    extents.append(extent())
            _add(result, kind, alone, beside)
            # The least of all rounds: an attack that did not take place shows.
            least, unit = min(extents)
            result.add(f"extent of {kind}", least, unit)
    return result


def _add(result: Result, kind: str, alone: list[Responses], beside: list[Responses]) -> None:
    mine, theirs = (
        float(np.median([np.percentile(part.milliseconds, 95) for part in parts]))
        for parts in (beside, alone)
    )
    note = f"{mine:.1f} ms against {theirs:.1f} ms, {TURNS} rounds of {ASKED} questions each"
    result.add(f"p95 beside {kind}", mine / theirs, "x", at_most=1.5, note=note)
    statuses = sum((part.statuses for part in beside), Counter[int]())
    failed = sum(count for status, count in statuses.items() if status != 200)
    result.add(f"failed beside {kind}", failed, "questions", at_most=0)


def _ask(port: int, keys: Iterator[str], texts: Iterator[str], times: int) -> Responses:
    took: list[float] = []
    statuses: Counter[int] = Counter()
    for _ in range(times):
        request = _post(next(keys), next(texts))
        began = time.perf_counter()
        statuses[_status(port, request)] += 1
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(PAUSE_S)
    return Responses(took, statuses)


def _status(port: int, request: bytes) -> int:
    with suppress(OSError), _connected(port) as connection:
        connection.sendall(request)
        received = b""
        while piece := connection.recv(65536):
            received += piece
        return int(received.split(b" ", 2)[1]) if received else 0
    return 0


@contextmanager
def _slow_bodies(port: int, key: str) -> Iterator[Extent]:
    begun = _post(key, "Who may release goods?", length=100_000)
    with _kept(lambda: _sent(port, begun), SLOW_BODIES, drip=b" "):
        yield lambda: (len(_connections(port)), "connections with half a body")


@contextmanager
def _slow_readers(port: int, key: str) -> Iterator[Extent]:
    """Each asks for streams again and again, and reads none."""
    asked = _post(key, "Who may release goods?", stream=True, close=False) * 20
    with _kept(lambda: _sent(port, asked, buffer=4096), SLOW_READERS):
        yield lambda: (
            sum(unsent > 0 for unsent in _connections(port)),
            "connections with answers that nobody reads",
        )


@contextmanager
def _idle(port: int, _: str) -> Iterator[Extent]:
    with _kept(lambda: _sent(port, b""), IDLE):
        yield lambda: (len(_connections(port)), "connections")


@contextmanager
def _flood(port: int, key: str) -> Iterator[Extent]:
    over = threading.Event()
    statuses: Counter[int] = Counter()

    def flood() -> None:
        while not over.wait(FLOOD_PAUSE_S):
            # Each question is another one, so that no cache answers it.
            statuses[
                _status(port, _post(key, f"Who may release goods {secrets.token_hex(4)}?"))
            ] += 1

    threads = [threading.Thread(target=flood) for _ in range(FLOODING)]
    for thread in threads:
        thread.start()
    try:
        yield lambda: (statuses[200], f"answers to the flood, of {statuses.total()} in all")
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _connections(port: int) -> list[int]:
    """Bytes that wait to be read by the client, for each open connection of the service.

    Of Linux's /proc/net/tcp: local address, remote address, state, and the queue to be sent.
    """
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [
        int(row[4].partition(":")[0], 16)
        for row in rows
        if row[3] == OPEN and int(row[1].rpartition(":")[2], 16) == port
    ]


@contextmanager
def _kept(opened: Callable[[], socket.socket], count: int, drip: bytes = b"") -> Iterator[None]:
    """Hold so many connections: one that the service closes is opened again."""
    over = threading.Event()
    held = [opened() for _ in range(count)]

    def hold() -> None:
        while not over.wait(1.0):
            for place, connection in enumerate(held):
                try:
                    if drip:
                        connection.send(drip)
                    if not connection.recv(1, socket.MSG_PEEK):
                        raise ConnectionResetError
                except BlockingIOError:
                    continue
                except OSError:
                    connection.close()
                    with suppress(OSError):
                        held[place] = opened()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        for connection in held:
            connection.close()


def _sent(port: int, request: bytes, buffer: int = 0) -> socket.socket:
    connection = _connected(port, buffer)
    connection.sendall(request)
    connection.setblocking(False)
    return connection


def _connected(port: int, buffer: int = 0) -> socket.socket:
    connection = socket.socket()
    if buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.settimeout(60)
    connection.connect(("127.0.0.1", port))
    return connection


def _post(
    key: str, question: str, *, stream: bool = False, length: int = 0, close: bool = True
) -> bytes:
    content = json.dumps({"question": question, "document_set": SET, "stream": stream}).encode()
    head = (
        f"POST /v1/chat HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length or len(content)}\r\n"
        + ("Connection: close\r\n" if close else "")
    )
    return f"{head}\r\n".encode() + content
