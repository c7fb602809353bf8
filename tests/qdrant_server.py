"""A local server that answers as much of Qdrant's REST API as a writer asks, failures included."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOST = 0


@dataclass
class Script:
    """What the server says next, and what it was asked.

    Attributes:
        failures: statuses that the next writes of points fail with; `LOST` closes the connection.
        version: the version it claims to be.
        status: what it says of every collection.
        requests: method, path and body of what it was asked, in order.
        url: where it is.
    """

    failures: list[int] = field(default_factory=list)
    version: str = "1.20.0"
    status: str = "green"
    requests: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    url: str = ""

    def asked(self, method: str, path: str) -> list[dict[str, Any]]:
        """Bodies of the requests of one kind, in order."""
        return [body for verb, where, body in self.requests if (verb, where) == (method, path)]


@contextmanager
def qdrant_server() -> Iterator[Script]:
    """Serve on a free port of the loopback while the context lasts."""
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def do_PATCH(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_DELETE(self) -> None:
            self._answer()

        def _answer(self) -> None:
            path = self.path.partition("?")[0]
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
            script.requests.append((self.command, path, body))
            if path.endswith("/points") and self.command == "PUT" and script.failures:
                self._fail(script.failures.pop(0))
            elif path == "/":
                self._send(200, {"title": "qdrant", "version": script.version})
            else:
                self._send(
                    200, {"result": _result(self.command, path, body, script), "status": "ok"}
                )

        def _fail(self, status: int) -> None:
            if status == LOST:
                self.close_connection = True
            else:
                self._send(status, {"status": {"error": "scripted failure"}}, {"Retry-After": "0"})

        def _send(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                if status == 429:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _result(method: str, path: str, body: dict[str, Any], script: Script) -> Any:
    if path == "/collections":
        return {"collections": []}
    if path.endswith("/exists"):
        return {"exists": False}
    if method == "GET":
        return _collection(script.status)
    if path.endswith("/query/batch"):
        return [{"points": []} for _ in body["searches"]]
    if path.endswith("/points/scroll"):
        return {"points": [], "next_page_offset": None}
    if path.endswith("/points") and method == "POST":
        return []
    if "/points" in path or path.endswith("/index"):
        return {"operation_id": 1, "status": "completed"}
    return True


def _collection(status: str) -> dict[str, Any]:
    return {
        "status": status,
        "optimizer_status": "ok",
        "segments_count": 1,
        "payload_schema": {},
        "config": {
            "params": {},
            "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000},
            "optimizer_config": {
                "deleted_threshold": 0.2,
                "vacuum_min_vector_number": 1000,
                "default_segment_number": 0,
                "flush_interval_sec": 5,
            },
            "wal_config": {"wal_capacity_mb": 32, "wal_segments_ahead": 0},
        },
    }
