"""The service behind real HTTP, and the SDK's own client for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from app.settings.tree import Settings
from tests.app.api.live import live_service

Connect = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def url(shared_settings: Settings) -> Iterator[str]:
    """A service on the documents `depot`, for the tests of a file."""
    with live_service(shared_settings) as served:
        yield served


@pytest.fixture
def connect() -> Connect:
    """Connect the SDK's client to a service, with headers of one's own."""

    @asynccontextmanager
    async def connected(
        url: str, headers: dict[str, str] | None = None, mode: str = "auto"
    ) -> AsyncIterator[Client]:
        async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
            transport = streamable_http_client(f"{url}/mcp", http_client=http)
            async with Client(transport, mode=mode, cache=None) as client:
                yield client

    return connected
