"""Clients that keep the service waiting: slow headers, slow bodies, slow readers, idle connections."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import pytest

from app.api.body_limit import WriteDeadline
from app.main import create_app
from app.security.keys import Keys
from app.store.database import Database
from tests.app.api.live import live_service

pytestmark = pytest.mark.load

QUESTION = json.dumps({"question": "When does the Kestrel depot open?"}).encode()
FILE = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.md"\r\n\r\n'
SHORT = {
    "serve__header_timeout_s": 1.0,
    "serve__body_timeout_s": 1.0,
    "serve__upload_timeout_s": 1.5,
    "serve__write_timeout_s": 0.5,
    "serve__most_connections": 40,
}


def key(name: str, role: str = "reader") -> str:
    with closing(Database("sqlite:///plumb-store.db")) as database:
        database.migrate()
        return Keys(database).create(name, role)  # type: ignore[arg-type]


@pytest.fixture
def live(make_parts: Callable[..., Any]) -> Iterator[Callable[..., str]]:
    """A real server where callers show keys, with little patience."""
    with ExitStack() as running:

        def start(**overrides: Any) -> str:
            parts = make_parts(auth__enabled=True, **{**SHORT, **overrides})
            return running.enter_context(live_service(parts.settings))

        yield start


@contextmanager
def connected(url: str, sent: bytes = b"") -> Iterator[socket.socket]:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as opened:
        opened.sendall(sent)
        yield opened


def head(path: str, secret: str, length: int, kind: str = "application/json") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def ask(url: str, secret: str) -> httpx.Response:
    sent = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    return httpx.post(f"{url}/v1/chat", content=QUESTION, headers=sent, timeout=30)


def status(opened: socket.socket) -> int:
    received = b""
    while b"\r\n" not in received:
        piece = opened.recv(4096)
        if not piece:
            return 0
        received += piece
    return int(received.split()[1])


def is_closed_within(opened: socket.socket, seconds: float) -> bool:
    """Whether the other side closes; what it sends before is ignored."""
    opened.settimeout(seconds)
    try:
        while opened.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True  # closed before it had read all that was sent
    return True


def is_closed_while_dripping(opened: socket.socket) -> bool:
    """Whether the other side closes though a header goes on, byte by byte."""
    until = time.monotonic() + 10
    opened.settimeout(0.05)
    while time.monotonic() < until:
        try:
            opened.sendall(b"a")
            if not opened.recv(1):
                return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False


def is_reset_while_asking(opened: socket.socket, requests: bytes) -> bool:
    """Whether the other side ends the connection of a client that asks on and reads nothing."""
    opened.settimeout(15)
    try:
        while True:
            opened.sendall(requests)
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_bodies_that_do_not_come_hold_no_slot_and_end_in_time(live: Callable[..., str]) -> None:
    mine, other = key("mine"), key("other")
    url = live(limits__answers_at_once=2, serve__body_timeout_s=2.0)
    with ExitStack() as stack:
        held = [
            stack.enter_context(connected(url, head(path, mine, 100) + b"{"))
            for path in ("/v1/chat", "/v1/chat/completions")
            for _ in range(3)
        ]
        assert ask(url, other).status_code == 200
        assert ask(url, mine).status_code == 200
        for opened in held:
            assert status(opened) == 408
            assert is_closed_within(opened, 5)
    # A slot that was lost on the way would be missed now.
    assert [ask(url, mine).status_code for _ in range(3)] == [200] * 3


def test_a_body_in_drops_ends_too_and_so_does_an_upload(live: Callable[..., str]) -> None:
    editor = key("ed", "editor")
    url = live()
    form = "multipart/form-data; boundary=x"
    paths = {
        "/v1/chat": "application/json",
        "/v1/document-sets/depot/documents": form,
        "/v1/batches/upload": form,
        "/v1/answers/none/feedback": "application/json",
    }

    def drip(path: str) -> tuple[int, float]:
        began = time.monotonic()
        first = FILE if paths[path] == form else b"{"
        with connected(url, head(path, editor, 10_000, paths[path]) + first) as opened:
            opened.settimeout(0.1)
            while time.monotonic() - began < 15:
                try:
                    opened.sendall(b"-")
                    received = opened.recv(4096)
                except TimeoutError:
                    continue
                return int(received.split()[1]), time.monotonic() - began
        return 0, 15

    with ThreadPoolExecutor(len(paths)) as pool:
        for code, took in pool.map(drip, paths):
            assert code == 408
            assert took < 10


def test_a_body_is_not_waited_for_from_who_may_not_ask(live: Callable[..., str]) -> None:
    url = live(serve__body_timeout_s=60.0)
    for path in ("/v1/chat", "/v1/answers/none/feedback", "/v1/document-sets", "/v1/batches"):
        with connected(url, head(path, "plumb_wrong", 100)) as opened:
            opened.settimeout(10)
            assert status(opened) == 401, path


def test_a_caller_has_only_so_many_bodies_and_uploads_on_the_way(live: Callable[..., str]) -> None:
    mine, other = key("mine", "editor"), key("other", "editor")
    url = live(limits__answers_at_once=2, limits__uploads_per_caller=2, serve__upload_timeout_s=9.0)
    path, form = "/v1/document-sets/depot/documents", "multipart/form-data; boundary=x"
    with ExitStack() as stack:
        first = [stack.enter_context(connected(url, head(path, mine, 100, form))) for _ in range(2)]
        assert first
        deadline = time.monotonic() + 8
        code = 0
        while code != 503 and time.monotonic() < deadline:
            with connected(url, head(path, mine, 100, form) + b"x" * 100) as third:
                code = status(third)
        assert code == 503
        with connected(url, head(path, other, 100, form) + b"x" * 100) as theirs:
            assert status(theirs) == 400  # no form, and so it was read


def test_headers_that_do_not_end_and_connections_that_say_nothing_are_closed(
    live: Callable[..., str],
) -> None:
    url = live()
    with (
        connected(url) as silent,
        connected(url, b"GET /healthz HTTP/1.1\r\nHost: loc") as begun,
        connected(url, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n") as kept,
    ):
        assert status(kept) == 200
        kept.sendall(b"GET /healthz HTTP/1.1\r\nX-Drip: ")
        for dripping in (begun, kept):
            assert is_closed_while_dripping(dripping)
        assert is_closed_within(silent, 5)


def test_idle_connections_over_the_limit_make_room_for_others(live: Callable[..., str]) -> None:
    mine = key("mine")
    url = live(serve__header_timeout_s=60.0)
    with ExitStack() as stack:
        idle = [stack.enter_context(connected(url)) for _ in range(100)]
        assert ask(url, mine).status_code == 200
        assert is_closed_within(idle[0], 5)


def test_a_reader_that_stops_frees_its_slot_and_its_connection(live: Callable[..., str]) -> None:
    mine = key("mine")
    url = live()
    ask(url, mine)
    # Openapi's description is long; asked for often enough, it fills what the system buffers.
    one = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    parts = urlsplit(url)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect((parts.hostname, parts.port))
        slow.settimeout(15)
        assert is_reset_while_asking(slow, one * 50)


def test_a_message_that_nobody_takes_ends_the_response_and_frees_the_slot(
    make_parts: Callable[..., Any],
) -> None:
    settings = make_parts(serve__write_timeout_s=0.2, limits__answers_at_once=1).settings
    app = create_app(settings)
    body = json.dumps({"question": "When does the Kestrel depot open?", "stream": True}).encode()

    async def asked(stops_at: int) -> list[dict[str, Any]]:
        """Ask as a client that takes so many messages and then no more."""
        taken: list[dict[str, Any]] = []
        given = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if given:
                return given.pop()
            await anyio.sleep_forever()
            raise AssertionError

        async def send(message: dict[str, Any]) -> None:
            if len(taken) == stops_at:
                await anyio.sleep_forever()
            taken.append(message)

        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1", "method": "POST", "path": "/v1/chat", "raw_path": b"/v1/chat",
            "query_string": b"", "headers": headers, "client": ("127.0.0.1", 1), "state": {},
            "server": ("127.0.0.1", 1), "scheme": "http", "root_path": "",
        }  # fmt: skip
        await app(scope, receive, send)  # type: ignore[arg-type]
        return taken

    async def run() -> None:
        async with app.router.lifespan_context(app):
            for stops_at in (0, 1, 2):
                with anyio.fail_after(120):
                    assert len(await asked(stops_at)) == stops_at
            whole = await asked(1000)
            assert whole[0]["status"] == 200
            assert b"event: answer" in b"".join(one.get("body", b"") for one in whole)

    anyio.run(run)


def test_a_quick_reader_meets_no_deadline() -> None:
    taken: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for number in range(3):
            await send({"type": "http.response.body", "number": number})

    async def send(message: Any) -> None:
        await anyio.sleep(0)
        taken.append(message["number"])

    anyio.run(WriteDeadline(app, 5.0), {"type": "http"}, None, send)
    assert taken == [0, 1, 2]
