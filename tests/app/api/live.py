"""The service behind a real HTTP server, for what a test client cannot show."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from app.cli.serving import PROTOCOL
from app.main import create_app
from app.settings.tree import Settings


@contextmanager
def live_service(settings: Settings) -> Iterator[str]:
    """Serve on a free port of the loopback while the context lasts; yields the base URL."""
    with live_app(create_app(settings)) as url:
        yield url


@contextmanager
def live_app(app: FastAPI) -> Iterator[str]:
    """The same for an application."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Server(uvicorn.Config(app, log_level="warning", **PROTOCOL))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    assert started.wait(60)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(60)
