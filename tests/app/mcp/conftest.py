"""The service behind real HTTP, and the SDK's own client for it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from app.settings.tree import load_settings
from tests.app.api.live import live_service

Connect = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def url(indexed_depot: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service on the documents `depot`, for the tests of a file."""
    folder = tmp_path_factory.mktemp("mcp")
    shutil.copytree(indexed_depot, folder / "index")
    named = {
        "index.url": str(folder / "index"),
        "store.url": f"sqlite:///{folder / 'store.db'}",
        "jobs.folder": str(folder / "jobs"),
        "sync.uploads": str(folder / "uploads"),
    }
    with live_service(load_settings(named)) as served:
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
