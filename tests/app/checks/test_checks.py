"""`plumb settings check` against real servers: what it finds, and what it says when one is wrong."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from redis import Redis
from typer.testing import CliRunner

from app.checks.check import Check, CheckFailed, run_checks
from app.store.database import Database
from app.wiring import Parts
from plumb import app
from tests.app.security.issuer import running_issuer
from tests.openai_server import Script

PASSWORD = "pass77word"


@pytest.fixture
def guarded_redis(tmp_path: Path) -> Iterator[str]:
    """A redis-server with a password; its URL without one, `{}` in its place."""
    binary = shutil.which("redis-server")
    assert binary, "redis-server is not installed; run the tests through `make test`"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"--port {port} --save '' --requirepass {PASSWORD} --maxmemory 50mb"
    command = [binary, *options.split(), "--maxmemory-policy", "noeviction", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield f"redis://:{{}}@127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


class Collector:
    """An OTLP collector: takes export requests, or refuses them."""

    def __init__(self) -> None:
        self.status = 200
        self.requests: list[ExportTraceServiceRequest] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.requests.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(collector.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1/traces"


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A running collector."""
    running = Collector()
    thread = threading.Thread(target=running.server.serve_forever, args=(0.05,))
    thread.start()
    yield running
    running.server.shutdown()
    thread.join()
    running.server.server_close()


def check(**settings: Any) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code of `plumb settings check --json`, and its findings by name."""
    pairs = [
        part
        for name, value in {"tracking__tracker": "none", **settings}.items()
        for part in ("-S", f"{name.replace('__', '.')}={value}")
    ]
    done = CliRunner().invoke(app, ["settings", "check", "--json", *pairs])
    report = json.loads(done.stdout)
    assert report["ready"] == (done.exit_code == 0)
    return done.exit_code, {found["name"]: found for found in report["checks"]}


def test_all_is_well_where_everything_named_can_be_used(
    make_parts: Callable[..., Parts],
    tmp_path: Path,
    guarded_redis: str,
    postgres_url: str,
    collector: Collector,
    openai: Script,
) -> None:
    make_parts()
    database = Database(postgres_url)
    database.migrate()
    database.close()
    with running_issuer() as issuer:
        issuer.add("one")
        code, found = check(
            index__url=str(tmp_path / "index"),
            redis__url=guarded_redis.format(PASSWORD),
            store__url=postgres_url,
            auth__issuer=issuer.url,
            auth__audience="x",
            telemetry__otlp_endpoint=collector.url,
            chat__model="openai:m",
            chat__base_url=openai.url,
            chat__fallback_model="extractive",
        )
    assert {name for name, one in found.items() if one["state"] != "ok"} == set()
    assert code == 0
    assert "depot at" in found["document sets"]["detail"]
    assert "the model of 1 live index version" in found["embedding model"]["detail"]
    assert "noeviction: writes fail" in found["redis"]["detail"]
    assert "tables up to date" in found["database"]["detail"]
    assert "key(s)" in found["issuer"]["detail"]
    assert len(collector.requests) == 1
    assert not collector.requests[0].resource_spans
    assert "--call-models" in found["chat model"]["detail"]


def test_each_failure_is_reported_with_its_mend_and_without_passwords(
    tmp_path: Path, guarded_redis: str, collector: Collector
) -> None:
    (tmp_path / "file").write_text("")
    collector.status = 404
    code, found = check(
        redis__url=guarded_redis.format("wrong77password"),
        store__url="postgresql://u:hidden77@127.0.0.1:1/db",
        auth__issuer="http://127.0.0.1:1",
        auth__audience="x",
        telemetry__otlp_endpoint=collector.url,
        sync__uploads=str(tmp_path / "file" / "below"),
        chat__model="nonesuch:m",
    )
    assert code == 1
    failed = {
        name: f"{one['detail']} {one['mend']}"
        for name, one in found.items()
        if one["state"] == "failed"
    }
    assert "plumb ingest" in failed["index"]
    assert "redis.url" in failed["redis"]
    assert "store.url" in failed["database"]
    assert "auth.issuer" in failed["issuer"]
    assert "status 404" in failed["traces (OTLP)"]
    assert "sync.uploads" in failed["uploads"]
    assert "nonesuch" in failed["chat model"]
    assert not found["traces (OTLP)"]["needed"]
    assert "hidden77" not in json.dumps(found)
    assert "wrong77" not in json.dumps(found)
    assert not (tmp_path / "plumb-index").exists()


def test_a_database_with_migrations_to_come_or_of_newer_code_is_reported(
    make_parts: Callable[..., Parts], tmp_path: Path, store_url: str
) -> None:
    make_parts()
    given = {"index__url": str(tmp_path / "index"), "store__url": store_url}
    database = Database(store_url)
    database.check()  # SQLite's file is there now
    _, found = check(**given)
    assert "migration(s) to come" in found["database"]["detail"]
    database.migrate()
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    code, found = check(**given)
    database.close()
    assert "of a newer Plumbline (9999)" in found["database"]["detail"]
    assert code == 0


def test_models_are_called_where_that_is_wished(
    make_parts: Callable[..., Parts], tmp_path: Path, openai: Script
) -> None:
    make_parts()
    named = {"index__url": str(tmp_path / "index"), "chat__model": "openai:m"}
    pairs = [
        "index.url=" + named["index__url"],
        "chat.model=openai:m",
        f"chat.base_url={openai.url}",
    ]
    pairs += ["judge.model=openai:j", f"judge.base_url={openai.url}", "tracking.tracker=none"]
    flags = [part for pair in pairs for part in ("-S", pair)]
    done = CliRunner().invoke(
        app, ["settings", "check", "--call-models", *flags], env={"COLUMNS": "200"}
    )
    assert done.exit_code == 0, done.output
    assert "openai:m: answers" in done.output
    assert "openai:j: answers" in done.output
    assert {request["model"] for request in openai.requests} == {"m", "j"}


def test_settings_that_cannot_be_loaded_are_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    code, found = check(serve__port="many")
    assert code == 1
    assert "serve.port" in found["settings"]["detail"]


def test_vaults_that_gave_settings_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "PLUMB_CHAT_API_KEY").write_text("k")
    monkeypatch.setenv("PLUMB_SECRETS_DIR", str(tmp_path))
    _, found = check()
    assert "1 setting(s) in force" in found["secret file"]["detail"]


def test_checks_run_side_by_side_and_none_waits_for_a_silent_one() -> None:
    together = threading.Barrier(2, timeout=5)
    never = threading.Event()

    def meet() -> str:
        together.wait()
        return "met"

    def fail() -> str:
        raise CheckFailed("it is away: secret")

    reported: list[str] = []
    found = run_checks(
        [
            Check("silent", lambda: str(never.wait(20))),
            Check("one", meet),
            Check("two", meet),
            Check("failing", fail, needed=False, mend="start it"),
        ],
        0.5,
        lambda text: text.replace("secret", "***"),
        lambda finding: reported.append(finding.name),
    )
    never.set()
    assert [one.name for one in found] == ["silent", "one", "two", "failing"]
    assert [one.state for one in found] == ["failed", "ok", "ok", "failed"]
    assert found[0].detail == "no answer within 0.5 s"
    assert (found[3].detail, found[3].mend) == ("it is away: ***", "start it")
    assert reported[-1] == "silent"


def test_redis_hints_are_right_on_a_server_without_limits(redis_url: str) -> None:
    from app.checks.service_checks import _redis
    from app.settings.tree import load_settings

    Redis.from_url(redis_url).close()
    assert "no maxmemory is set" in _redis(load_settings({"redis.url": redis_url}))
