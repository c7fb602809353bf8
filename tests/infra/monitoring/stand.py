"""A service with all that stands around it, watched by a real Prometheus, under load."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from app.security.keys import Keys
from app.settings.tree import variable_names
from app.store.database import migrated
from evals.benchmarks.data import ROOT
from evals.benchmarks.faults.services import Service
from evals.benchmarks.processes import RedisServer, wait_until
from tests.infra.monitoring.documents import FACTS, SET, TEXT, answer_rightly
from tests.infra.monitoring.load import Load
from tests.infra.monitoring.prometheus import WatchingPrometheus
from tests.openai_server import Script, openai_server

CALLERS, FLOODERS = 4, 12


@dataclass
class Stand:
    """All of it.

    Attributes:
        folder: of files.
        settings: dotted setting -> value, of the service and of commands.
        service: `plumb serve`.
        redis: its Redis.
        model, fallback: its chat models.
        prometheus: what watches it.
        load: its callers.
        editor: a client with the key of an editor.
        flooders: keys of callers who ask without pause; see `flood`.
        drift_file: what `plumb drift --metrics` writes, served as node_exporter does.
    """

    folder: Path
    settings: dict[str, Any]
    service: Service
    redis: RedisServer
    model: Script
    fallback: Script
    prometheus: WatchingPrometheus
    load: Load
    editor: httpx.Client
    flooders: list[str]
    drift_file: Path

    def plumb(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> None:
        """Run a command with the settings of the service."""
        command = [sys.executable, "-m", "plumb", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment(self.settings), capture_output=True, text=True,
            timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode in codes, (arguments, done.stdout[-1000:], done.stderr[-2000:])

    def look_for_drift(self, until: datetime, reference_until: datetime, seconds: float) -> None:
        """Compare the answers of so many seconds before one time with those before another."""
        settings = {
            "drift.minimum": 20,
            "drift.permutations": 1999,
            # A false alarm would be a fault of this test.
            "drift.alpha": 0.004,
            "drift.days": seconds / 86400,
            "drift.reference_days": 1,
        }
        given = [word for name, value in settings.items() for word in ("-S", f"{name}={value}")]
        times = [f"{one:%Y-%m-%dT%H:%M:%S}" for one in (until, reference_until)]
        self.plumb(
            "drift", "--set", SET, "--until", times[0], "--reference-until", times[1],
            "--metrics", str(self.drift_file), *given, codes=(0, 3),
        )  # fmt: skip

    def sync(self) -> str:
        """Ask for a sync of the set; the job's id."""
        response = self.editor.post(f"/v1/document-sets/{SET}/sync", json={})
        assert response.status_code == 202, response.text
        return str(response.json()["id"])

    def work(self) -> None:
        """Run the jobs that wait."""
        self.plumb("worker", "--burst")

    @contextmanager
    def hanging_service(self) -> Iterator[None]:
        """The service takes connections inside the block, and does nothing."""
        process = self.service._process
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)


def environment(settings: Mapping[str, Any]) -> dict[str, str]:
    """The environment of a process with these settings, and no others."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PLUMB_")}
    names = {dotted: variable for variable, dotted in variable_names().items()}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    given = {
        names[dotted]: value if isinstance(value, str) else json.dumps(value)
        for dotted, value in settings.items()
    }
    return {**clean, **given, "PYTHONPATH": path}


@contextmanager
def open_stand(folder: Path) -> Iterator[Stand]:
    """Start everything; the set is indexed by a job of a worker."""
    documents, drift = folder / "documents", folder / "drift"
    documents.mkdir()
    drift.mkdir()
    (documents / "rules.md").write_text(TEXT, "utf-8")
    database = f"sqlite:///{folder / 'store.db'}"
    with migrated(database) as opened:
        keys = Keys(opened)
        readers = [keys.create(f"caller-{number}", "reader") for number in range(CALLERS)]
        flooders = [keys.create(f"flooder-{number}", "reader") for number in range(FLOODERS)]
        scraper = keys.create("prometheus", "reader")
        editor = keys.create("editor", "editor")
    with ExitStack() as stack:
        redis = RedisServer(folder)
        stack.callback(redis.close)
        model, fallback = (stack.enter_context(openai_server()) for _ in range(2))
        for script in (model, fallback):
            script.answer, script.reply = answer_rightly, f'It is "{FACTS[0][1]}" [1].'
        settings = {
            "index.url": str(folder / "index"),
            "store.url": database,
            "redis.url": redis.url,
            "sync.allowed_roots": [str(documents)],
            "auth.enabled": True,
            "limits.per_minute": 300,
            "limits.changes_per_minute": 0,
            "limits.answers_at_once": 64,
            "limits.work_at_once": 2,
            # A busy machine is no fault.
            "cache.timeout_ms": 5000,
            "chat.model": "openai:first",
            "chat.base_url": model.url,
            "chat.api_key": "none",  # pragma: allowlist secret
            "chat.fallback_model": "openai:second",
            "chat.fallback_base_url": fallback.url,
            "chat.fallback_api_key": "none",  # pragma: allowlist secret
            "chat.last_resort": False,
            "chat.max_retries": 0,
            "chat.breaker_rest_s": 1,
            "prices.input_per_million": 100.0,
            "prices.output_per_million": 200.0,
            "telemetry.log_format": "json",
        }
        service = Service(folder, settings)
        stack.callback(service.close)
        wait_until(lambda: service.started() >= 1, "the service serves", 180)
        client = httpx.Client(
            base_url=service.url, headers={"X-API-Key": editor}, timeout=60, trust_env=False
        )
        stack.callback(client.close)
        drift_address = stack.enter_context(served_folder(drift))
        address = service.url.removeprefix("http://")
        prometheus = WatchingPrometheus(
            folder, scraper, {"plumbline": address, "drift": drift_address}
        )
        stack.callback(prometheus.close)
        load = Load(service.url, readers)
        stand = Stand(
            folder, settings, service, redis, model, fallback, prometheus, load, client, flooders,
            drift / "metrics",
        )  # fmt: skip
        made = client.post(
            "/v1/document-sets", json={"document_set": SET, "sources": [{"url": str(documents)}]}
        )
        assert made.status_code == 201, made.text
        stand.sync()
        stand.work()
        # Prometheus scrapes nothing in its first five seconds, which are ten minutes in its rules.
        wait_until(lambda: bool(prometheus.api.query("up == 1")), "Prometheus scrapes", 60)
        prometheus.assert_alerts_clear("PlumblineAbsent")
        yield stand


@contextmanager
def database_locked(folder: Path) -> Iterator[None]:
    """Nothing can be written to the database inside the block, as while a backup holds it."""
    import sqlite3

    connection = sqlite3.connect(folder / "store.db", isolation_level=None, timeout=30)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@contextmanager
def served_folder(folder: Path) -> Iterator[str]:
    """`host:port` of a server of files, whose `/metrics` is the file of that name."""

    class Handler(SimpleHTTPRequestHandler):
        def guess_type(self, path: Any) -> str:
            return "text/plain"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
