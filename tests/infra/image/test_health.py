"""The images' health check, against a real HTTP server and a real Redis."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "infra" / "image" / "health.py"


def health(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script as the images do."""
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@contextmanager
def service(status: int) -> Iterator[int]:
    """A server whose /readyz says so; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()
            self.wfile.write(b"the index is gone")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def test_a_service_that_is_ready_is_healthy() -> None:
    with service(200) as port:
        done = health("serve", PLUMB_SERVE_PORT=str(port))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_service_that_is_not_ready_says_why() -> None:
    with service(503) as port:
        done = health("serve", PLUMB_SERVE_PORT=str(port))
    assert (done.returncode, done.stderr) == (1, "503: the index is gone\n")


def test_a_service_that_does_not_listen_is_unhealthy() -> None:
    with service(200) as port:
        pass
    done = health("serve", PLUMB_SERVE_PORT=str(port))
    assert done.returncode == 1
    assert f"port {port}" in done.stderr


def test_a_worker_is_healthy_while_redis_knows_it(redis_url: str) -> None:
    from redis import Redis
    from rq import Queue, Worker

    before = health("worker", PLUMB_REDIS_URL=redis_url)
    assert before.returncode == 1
    assert f"no worker of {socket.gethostname()}" in before.stderr
    redis = Redis.from_url(redis_url)
    worker = Worker([Queue("jobs", connection=redis)], connection=redis)
    worker.register_birth()
    assert health("worker", PLUMB_REDIS_URL=redis_url).returncode == 0
    worker.register_death()
    assert health("worker", PLUMB_REDIS_URL=redis_url).returncode == 1


def test_a_worker_reads_a_mounted_secret(redis_url: str, tmp_path: Path) -> None:
    (tmp_path / "PLUMB_REDIS_URL").write_text(f"{redis_url}\n", "utf-8")
    done = health("worker", PLUMB_SECRETS_DIR=str(tmp_path))
    assert f"no worker of {socket.gethostname()}" in done.stderr


@pytest.mark.parametrize(
    ("environment", "message"),
    [({}, "PLUMB_REDIS_URL is not set"), ({"PLUMB_REDIS_URL": "redis://127.0.0.1:1/0"}, "Redis: ")],
)
def test_a_worker_without_redis_is_unhealthy(environment: dict[str, str], message: str) -> None:
    done = health("worker", **environment)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_anything_else_is_a_mistake() -> None:
    assert health("both").returncode == 2
