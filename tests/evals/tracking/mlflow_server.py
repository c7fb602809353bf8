"""A real `mlflow server` from an environment of its own, and a way to it that can fail."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".venv-mlflow" / "bin" / "python"
# On a busy machine its imports alone take half a minute.
STARTS_WITHIN_S = 180


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """Serve on a free port; yields the URL. Skips where the environment is not there."""
    if not PYTHON.exists():
        pytest.skip(f"there is no MLflow server at {PYTHON.parent}; `make services` installs it")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    # What `mlflow server` starts: the command itself imports all of MLflow once more, for nothing.
    command = [
        str(PYTHON), "-P", "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port),
        "--log-level", "warning", "mlflow.server.fastapi_app:app",
    ]  # fmt: skip
    store = f"sqlite:///{folder / 'server.db'}"
    variables = {
        "MLFLOW_TRACKING_URI": store,
        "MLFLOW_REGISTRY_URI": store,
        "_MLFLOW_SERVER_FILE_STORE": store,
        "_MLFLOW_SERVER_REGISTRY_STORE": store,
        "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(folder / "artifacts"),
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **variables}, stdout=log, stderr=log
        )
    try:
        _wait_for(f"{url}/health", server, folder / "server.log")
        yield url
    finally:
        server.terminate()
        server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                if response.status == 200:
                    return
        except OSError:
            # Nobody listens yet: looking again at once would only slow its start.
            threading.Event().wait(0.1)
    raise TimeoutError(f"MLflow's server is not ready: {log.read_text('utf-8')[-2000:]}")


@dataclass
class Proxy:
    """What stands before the server.

    Attributes:
        url: its own.
        breaks_at: requests whose path has this in it get a 500; empty for none.
        paths: methods and paths of all requests, in order.
    """

    url: str = ""
    breaks_at: str = ""
    paths: list[str] = field(default_factory=list)


@contextmanager
def proxy_before(server: str) -> Iterator[Proxy]:
    """Pass everything on to a server, but for what is to fail."""
    proxy, host = Proxy(), server.removeprefix("http://")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            proxy.paths.append(f"{self.command} {self.path}")
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if proxy.breaks_at and proxy.breaks_at in self.path:
                self.reply(500, b"database is locked at /srv/mlflow/m.db")
                return
            connection = HTTPConnection(host, timeout=60)
            headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            self.reply(answer.status, answer.read(), answer.getheader("content-type") or "")
            connection.close()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on  # noqa: N815 (http.server's)

        def reply(self, status: int, content: bytes, kind: str = "text/plain") -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        proxy.url = f"http://127.0.0.1:{http.server_address[1]}"
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        yield proxy
        http.shutdown()
