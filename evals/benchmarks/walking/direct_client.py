"""Send requests straight to an application in this process, without a socket."""

from __future__ import annotations

import json as encoder
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import urlencode

import anyio
from fastapi import FastAPI
from fastapi.testclient import TestClient

HOST = b"127.0.0.1"


class Reply(NamedTuple):
    """A response as a whole, a stream's too."""

    status: int
    content: bytes

    def json(self) -> Any:
        """The content, read as JSON."""
        return encoder.loads(self.content)


class DirectClient:
    """Runs an application's lifespan, and calls it once for each request.

    FastAPI's test client hands each piece of a response from thread to thread: most of what a walk
    costs. Here the whole request is one step to the application's event loop and back.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._running = TestClient(app, raise_server_exceptions=False)

    def __enter__(self) -> DirectClient:
        self._running.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.__exit__(kind, error, trace)

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Reply:
        """The reply to one request; an error that nobody caught is a 500, as from a server."""
        body = b"" if json is None else encoder.dumps(json).encode()
        sent = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        sent += [(b"host", HOST), (b"content-length", str(len(body)).encode())]
        if json is not None:
            sent.append((b"content-type", b"application/json"))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": urlencode(params or {}).encode(),
            "headers": sent,
            "client": ("192.0.2.1", 50_000),
            "server": (HOST.decode(), 80),
            "state": dict(self._running.app_state),
        }
        portal = self._running.portal
        if portal is None:
            raise RuntimeError("the application does not run; use the client in a with block")
        reply: Reply = portal.call(self._call, scope, body)
        return reply

    async def _call(self, scope: dict[str, Any], body: bytes) -> Reply:
        ended = anyio.Event()
        unread = [body]
        status, pieces = 500, list[bytes]()

        async def receive() -> dict[str, Any]:
            if unread:
                return {"type": "http.request", "body": unread.pop(), "more_body": False}
            # The caller stays until the response is whole.
            await ended.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                pieces.append(message.get("body", b""))
                if not message.get("more_body"):
                    ended.set()

        try:
            await self._app(scope, receive, send)
        except Exception:  # noqa: BLE001 (Starlette raises again what it has answered with a 500)
            status = 500
        return Reply(status, b"".join(pieces))
