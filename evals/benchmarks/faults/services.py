"""What is put under load: a served index with two workers, Redis, and a chat model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import urlopen

from app.security.keys import Keys
from app.settings.tree import variable_names
from app.store.database import migrated
from evals.benchmarks.data import ROOT, corpus
from evals.benchmarks.faults.model_server import NAME, ModelServer, model_server
from evals.benchmarks.faults.questions import Pool
from evals.benchmarks.processes import RedisServer, free_port, wait_until
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source, workbench

if TYPE_CHECKING:
    from psutil import Process


SET = "xquad"
WORKERS = 2
CALLERS = 10
MODEL_TIMEOUT_S = 1.5
RETRIES = 1
# A start imports and loads for seconds, and on a machine that has other work to do for minutes.
START_S = 600
# How many a worker may work on at once: more than all callers, so that nobody is turned away.
SLOTS = 2 * CALLERS


@dataclass(slots=True)
class Stand:
    """The parts, running.

    Attributes:
        folder: of everything.
        index: of the index.
        redis: its server.
        model: the chat model.
        keys: name and key of each caller.
        settings: dotted setting -> value, of the service.
    """

    folder: Path
    index: Path
    redis: RedisServer
    model: ModelServer
    keys: list[tuple[str, str]]
    settings: dict[str, Any]


class Service:
    """`plumb serve`, running.

    Args:
        folder: where it runs and its log goes.
        settings: dotted setting -> value; its port is chosen.

    Attributes:
        url: base URL.
        log: the file of its stderr.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / f"serve-{port}.log"
        clean = {name: value for name, value in os.environ.items() if name[:6] != "PLUMB_"}
        variables = {dotted: variable for variable, dotted in variable_names().items()}
        given = {**settings, "serve.port": port}
        for dotted, value in given.items():
            clean[variables[dotted]] = value if isinstance(value, str) else json.dumps(value)
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        with self.log.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "plumb", "serve"],
                cwd=folder,
                env={**clean, "PYTHONPATH": path},
                stderr=output,
            )

    def wait(self) -> None:
        """Wait until every worker serves."""
        wait_until(lambda: self.started() >= WORKERS, "both workers serve", START_S)

    def started(self) -> int:
        """How many workers have begun to serve so far, those that are gone too."""
        if self._process.poll() is not None:
            raise RuntimeError(f"plumb serve ended: {self.log.read_text()[-2000:]}")
        return self.log.read_text("utf-8").count("Application startup complete")

    def workers(self) -> list[Process]:
        """The processes that serve, or are about to."""
        import psutil

        children: list[Process] = psutil.Process(self._process.pid).children()
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]

    def readiness(self) -> tuple[int, dict[str, Any]]:
        """Status and body of `/readyz`."""
        try:
            with urlopen(f"{self.url}/readyz", timeout=30) as response:
                return response.status, json.load(response)
        except HTTPError as error:
            return error.code, json.load(error)

    def alive(self) -> bool:
        """Whether `/healthz` says so."""
        with urlopen(f"{self.url}/healthz", timeout=30) as response:
            return bool(response.status == 200)

    def close(self) -> None:
        """Stop it; requests that are under way end first."""
        self._process.terminate()
        self._process.wait()


@contextmanager
def open_stand(folder: Path, embedder: Embedder, pool: Pool) -> Iterator[Stand]:
    """Index xquad, make keys, start Redis and the model."""
    index, database = folder / "index", f"sqlite:///{folder / 'store.db'}"
    file, fields = corpus(SET)
    store = open_store(IndexSettings(url=str(index)))
    sync_source(SET, str(file), workbench(store, embedder), records=fields)
    store.close()
    pool.save(folder / "pool.json")
    names = [f"caller-{number}" for number in range(CALLERS)]
    with migrated(database) as opened:
        keys = [(name, Keys(opened).create(name, "reader")) for name in names]
    with ExitStack() as stack:
        redis = RedisServer(folder)
        stack.callback(redis.close)
        model = stack.enter_context(model_server(pool.after))
        settings = {
            "index.url": str(index),
            "store.url": database,
            "redis.url": redis.url,
            "serve.workers": WORKERS,
            "auth.enabled": True,
            "limits.per_minute": 60_000,
            "limits.answers_at_once": SLOTS,
            "chat.model": NAME,
            "chat.base_url": model.url,
            "chat.timeout_s": MODEL_TIMEOUT_S,
            "chat.max_retries": RETRIES,
            "chat.breaker_rest_s": 5,
        }
        yield Stand(folder, index, redis, model, keys, settings)
