"""What a connection sends together, and how long it waits for the rest to be read."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlsplit

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from app.api.connections import (
    LIMITS,
    PROGRESS_BYTES,
    SENT_TOGETHER_BYTES,
    BoundedProtocol,
    ConnectionLimits,
)


class _Transport:
    """A transport whose client reads as a test says.

    Attributes:
        ended: set when the connection is aborted.
        looked: set when what it has yet to read was looked at for the last time.
    """

    def __init__(self, unread: list[int]) -> None:
        self._unread = unread
        self.looked = asyncio.Event()
        self._closing = False
        self.ended = asyncio.Event()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def set_write_buffer_limits(self, high: int) -> None:
        del high

    def get_write_buffer_size(self) -> int:
        if len(self._unread) == 1:
            self.looked.set()
            return self._unread[0]
        return self._unread.pop(0)

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True

    def abort(self) -> None:
        self.ended.set()


async def _closing(unread: list[int]) -> tuple[BoundedProtocol, _Transport]:
    """A connection that was idle for too long, and what its client has yet to read, look by look."""
    config = Config(Mock(), log_config=None)
    config.load()
    limits = ConnectionLimits(header_s=600, write_s=0.01, most=10)
    protocol = BoundedProtocol(config, ServerState(), {LIMITS: limits}, asyncio.get_running_loop())
    transport = _Transport(unread)
    protocol.connection_made(transport)  # type: ignore[arg-type]
    protocol.timeout_keep_alive_handler()
    assert transport.is_closing()
    return protocol, transport


def test_a_closing_connection_whose_client_reads_nothing_ends() -> None:
    async def run() -> None:
        protocol, transport = await _closing([12_000])
        assert not transport.ended.is_set()
        await asyncio.wait_for(transport.ended.wait(), 60)
        assert transport.ended.is_set()
        protocol.connection_lost(None)

    asyncio.run(run())


def test_a_closing_connection_waits_while_its_client_reads() -> None:
    read = PROGRESS_BYTES + 1
    unread = [3 * read, 3 * read, 2 * read, 2 * read, read, read, 0]

    async def run() -> None:
        protocol, transport = await _closing(unread)
        await asyncio.wait_for(transport.looked.wait(), 60)
        # The last look found nothing left, so that nothing waits any more.
        assert protocol._read_due is not None
        assert protocol._read_due.when() <= protocol.loop.time()
        assert not transport.ended.is_set()
        protocol.connection_lost(None)

    asyncio.run(run())


@pytest.mark.parametrize("size", [0, SENT_TOGETHER_BYTES // 4])
def test_headers_and_body_go_together(make_parts: Callable[..., Any], size: int) -> None:
    from fastapi import Response

    from app.main import create_app
    from tests.app.api.live import live_app

    app = create_app(make_parts().settings)

    @app.get("/sized")
    async def sized() -> Response:
        return Response(b"x" * size)

    with live_app(app) as url:
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), 60) as opened:
            opened.sendall(b"GET /sized HTTP/1.1\r\nHost: localhost\r\n\r\n")
            received = opened.recv(SENT_TOGETHER_BYTES)
    assert received.startswith(b"HTTP/1.1 200")
    assert received.endswith(b"\r\n\r\n" + b"x" * size)
