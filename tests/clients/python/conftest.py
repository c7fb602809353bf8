"""Both clients, in turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.python.blocking import Clients


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Clients]:
    """Connects a client of each kind in turn: `connect(url, key, **options)`."""
    clients = Clients(request.param)
    yield clients
    clients.close()


@pytest.fixture
def client(connect: Clients, service):
    """A client of the service, with the key of an admin."""
    return connect(service.url, service.admin)
