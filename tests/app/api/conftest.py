"""The service on an index of its own, where sets are made over REST."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings.tree import load_settings
from tests.app.patience import PATIENT


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    """Start the service with settings over the defaults; each call is one more, on the same data."""
    with ExitStack() as running:

        def start(**overrides: Any) -> TestClient:
            named = {name.replace("__", "."): value for name, value in overrides.items()}
            settings = load_settings(
                {"index.url": str(tmp_path / "rest-index"), **PATIENT, **named}
            )
            client = TestClient(
                create_app(settings), base_url="http://localhost", raise_server_exceptions=False
            )
            return running.enter_context(client)

        yield start
