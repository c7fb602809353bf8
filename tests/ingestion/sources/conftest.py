"""A real web server, and storage of the test's own."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Page:
    """What the server answers at a path."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    head_status: int | None = None
    endless: bool = False
    closes: bool = False


class Web:
    """A server on this machine: set `pages`, look at `asked`."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            web.asked.append((self.command, self.path))
            web.headers.append(dict(self.headers))
            page = web.pages.get(self.path, Page(status=404))
            if page.endless:  # never answers, until the test is over
                web.closing.wait()
                return
            is_head = self.command == "HEAD"
            self.send_response(page.head_status or page.status if is_head else page.status)
            for name, value in {"Content-Length": str(len(page.body)), **page.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if not is_head:
                self.wfile.write(page.body)
            self.close_connection = self.close_connection or page.closes

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    server = Web()
    yield server
    server.close()


@pytest.fixture
def memory() -> Iterator[str]:
    """A folder of fsspec's memory filesystem, gone after the test."""
    import fsspec

    folder = f"memory://{uuid.uuid4().hex}"
    yield folder
    filesystem = fsspec.filesystem("memory")
    if filesystem.exists(folder):
        filesystem.rm(folder, recursive=True)


@pytest.fixture
def page() -> type[Page]:
    """What to put into `web.pages`."""
    return Page
