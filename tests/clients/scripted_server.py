"""A server that answers as the test sets, for what no healthy service sends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Reply:
    """A response.

    Attributes:
        length: what `Content-Length` says, where that is not the body's length; None: nothing.
        write: writes the body alone; the connection ends with it.
        hangs_up: closes the connection without a response.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    length: int | None = None
    write: Callable[[BaseHTTPRequestHandler], None] | None = None
    hangs_up: bool = False


@dataclass
class Request:
    """What the server received."""

    method: str
    path: str
    headers: Message
    body: bytes


@dataclass
class ScriptedServer:
    """What the server says next, and what it was asked; the last reply is said again and again."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    """Serve on a free port of the loopback while the context lasts."""
    script = ScriptedServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            script.requests.append(Request(self.command, self.path, self.headers, body))
            reply = script.replies.pop(0) if len(script.replies) > 1 else script.replies[0]
            if reply.hangs_up:
                self.close_connection = True
                return
            with suppress(OSError):
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.write is not None:
                    self.send_header("Connection", "close")
                    self.end_headers()
                    self.close_connection = True
                    reply.write(self)
                    return
                length = len(reply.body) if reply.length is None else reply.length
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(reply.body)
                if length != len(reply.body):
                    self.close_connection = True

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def do_DELETE(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    script.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
