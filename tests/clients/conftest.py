"""A service for the tests of its clients."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.embedding.embedder import Embedder
from tests.clients.scripted_server import ScriptedServer, scripted_server
from tests.clients.serving import Service, index_depot, service_in


@pytest.fixture(scope="session")
def indexed(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index of the set `depot`; each service gets a copy of it."""
    folder = tmp_path_factory.mktemp("client-depot")
    index_depot(folder, embedder)
    return folder


@pytest.fixture(scope="module")
def service(indexed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running service; tests of one file share it."""
    folder = shutil.copytree(indexed, tmp_path_factory.mktemp("service") / "data")
    with service_in(folder) as running:
        yield running


@pytest.fixture
def own_folder(indexed: Path, tmp_path: Path) -> Path:
    """What a service of the test's own serves."""
    return shutil.copytree(indexed, tmp_path / "data")


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    """A server that answers as the test says."""
    with scripted_server() as script:
        yield script
