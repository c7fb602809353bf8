"""A service with all that stands around it, watched by a real Prometheus, under load."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import yaml

from app.security.keys import Keys
from app.settings.tree import variable_names
from app.store.database import migrated
from evals.benchmarks.data import ROOT
from evals.benchmarks.faults.services import Service
from evals.benchmarks.processes import RedisServer, free_port, wait_for, wait_until
from infra.monitoring.prometheus_check import Prometheus, connect
from infra.monitoring.queries import rule_files, shortened
from tests.openai_server import Script, openai_server

# Time passes so much faster in the rules; windows are at least LEAST_S long.
TIMES, LEAST_S = 120, 5
# The window that stays longer than a test has time for.
LONGEST = "3d"
SET = "yard"
FACTS = (
    ("How fast may a loaded van drive?", "90 km/h"),
    ("How long does a driver rest?", "45 minutes"),
    ("When does the gate code change?", "every Monday"),
    ("How many pallets fit into a trailer?", "33 pallets"),
)
# One passage, so that every quotation is in it.
TEXT = (
    "# Rules of the yard\n\nA loaded van may drive at most 90 km/h. A driver rests 45 minutes after four "
    "hours. The gate code changes every Monday. A trailer holds 33 pallets.\n"
)
REFUSAL = "The documents do not answer this question."
CALLERS, FLOODERS = 4, 12
CHAT, SEARCH = "/v1/chat", "/v1/search"


@dataclass
class Load:
    """Callers who ask without end, each with its own key.

    Attributes:
        pause_s: how long each waits between two requests.
        fresh: the share of questions that nobody asked before.
        answered: how many requests ended, whatever came of them.
    """

    url: str
    keys: list[str]
    pause_s: float = 0.4
    fresh: float = 0.7
    answered: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[Load]:
        """Ask inside the block."""
        threads = [
            threading.Thread(target=self._caller, args=(key, number), daemon=True)
            for number, key in enumerate(self.keys)
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self.over.set()
            for thread in threads:
                thread.join()

    def _caller(self, key: str, number: int) -> None:
        chance = random.Random(number)
        with httpx.Client(
            base_url=self.url, headers={"X-API-Key": key}, timeout=60, trust_env=False
        ) as client:
            while not self.over.wait(self.pause_s):
                try:
                    self._ask(client, chance)
                except httpx.HTTPError:  # a service that is stopped
                    continue

    def _ask(self, client: httpx.Client, chance: random.Random) -> None:
        question = chance.choice(FACTS)[0]
        if chance.random() < self.fresh:
            # Numbers that rise would be drift.
            question = f"Ticket {chance.randrange(10**9)}: {question}"
        streamed = chance.random() < 0.2
        response = client.post(
            CHAT, json={"question": question, "document_set": SET, "stream": streamed}
        )
        self.answered += 1
        if response.status_code == 200 and not streamed and chance.random() < 0.3:
            thumb = "up" if chance.random() < 0.8 else "down"
            client.post(f"/v1/answers/{response.json()['id']}/feedback", json={"thumb": thumb})


class WatchingPrometheus:
    """A real Prometheus with our rules, in which time passes faster.

    Args:
        folder: for its files.
        key: what it shows the service.
        targets: job -> address.

    Attributes:
        rules: the folder of the rules.
        url: base URL.
        api: to ask it.
    """

    def __init__(self, folder: Path, key: str, targets: Mapping[str, str]) -> None:
        self._targets = folder / "targets"
        self._targets.mkdir()
        for job, address in targets.items():
            self.target(job, address)
        self.rules = rules = folder / "rules"
        rules.mkdir()
        for file in rule_files():
            text = shortened(file.read_text("utf-8"), TIMES, LEAST_S)
            (rules / file.name).write_text(text, "utf-8")
        (folder / "key").write_text(key, "utf-8")
        found = [
            {"files": [f"{self._targets}/{job}.json"], "refresh_interval": "1s"} for job in targets
        ]
        config = {
            "global": {
                "scrape_interval": "1s",
                "scrape_timeout": "1s",
                "evaluation_interval": "1s",
            },
            "rule_files": [f"{rules}/*.yaml"],
            "scrape_configs": [
                {
                    "job_name": job,
                    "file_sd_configs": [files],
                    **(
                        {"authorization": {"credentials_file": f"{folder / 'key'}"}}
                        if job == "plumbline"
                        else {}
                    ),
                }
                for job, files in zip(targets, found, strict=True)
            ],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
        port = free_port()
        program = shutil.which("prometheus")
        assert program, "prometheus is not installed; run the tests through `make test-load`"
        self._process = subprocess.Popen(
            [program, f"--config.file={folder / 'prometheus.yml'}",
             f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address=127.0.0.1:{port}"],
            stderr=(folder / "prometheus.log").open("w"),
        )  # fmt: skip
        wait_for(port, self._process)
        self.url = f"http://127.0.0.1:{port}"
        self.api: Prometheus = connect(self.url)

    def target(self, job: str, address: str | None) -> None:
        """Scrape this for a job from now on; None: nothing."""
        file = self._targets / f"{job}.json"
        new = file.with_suffix(".new")
        new.write_text(json.dumps([{"targets": [address]}] if address else []), "utf-8")
        new.replace(file)

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


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

    def wait_for_alerts(self, *names: str, seconds: float = 120) -> None:
        """Wait until all of these have fired, each at some time since now."""
        missing, until = set(names), time.monotonic() + seconds
        while missing:
            missing -= {name for name, _ in self.prometheus.api.active(firing=True)}
            assert time.monotonic() < until, f"these did not fire within {seconds:g} s: {missing}"
            time.sleep(0.25)

    def wait_until_clear(self, *names: str, seconds: float = 120) -> None:
        """Wait until none of these fires or is about to.

        Those whose windows are days long are left out: promtool sees them clear.
        """
        until = time.monotonic() + seconds
        while active := {
            name for name, window in self.prometheus.api.active() if window != LONGEST
        } & set(names):
            assert time.monotonic() < until, f"these still fire after {seconds:g} s: {active}"
            time.sleep(0.25)


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


def answer_rightly(request: dict[str, Any]) -> str:
    """What a good model says: a quotation of the passage, with its marker."""
    asked = str(request["messages"][-1]["content"]).rpartition("Question:")[2]
    fact = next((fact for question, fact in FACTS if question in asked), FACTS[0][1])
    return f'The rules say "{fact}" [1].'


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
        stand.wait_until_clear("PlumblineAbsent")
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
def flood(
    stand: Stand, keys: Sequence[str], threads: int, question: Callable[[], str], path: str = CHAT
) -> Iterator[None]:
    """Callers ask without pause inside the block, each by several threads."""
    over = threading.Event()

    def ask(client: httpx.Client) -> None:
        while not over.is_set():
            try:
                if path == SEARCH:
                    client.get(path, params={"q": question(), "document_set": SET})
                else:
                    client.post(path, json={"question": question(), "document_set": SET})
            except httpx.HTTPError:
                continue

    with ExitStack() as stack:
        running = []
        for key in keys:
            client = stack.enter_context(
                httpx.Client(
                    base_url=stand.service.url,
                    headers={"X-API-Key": key},
                    timeout=60,
                    trust_env=False,
                )
            )
            running += [
                threading.Thread(target=ask, args=(client,), daemon=True) for _ in range(threads)
            ]
        for thread in running:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in running:
                thread.join()


KILLED = signal.SIGKILL
