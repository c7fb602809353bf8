"""The service behind real HTTP, and OpenAI's client for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import OpenAI

from app.settings.tree import Settings
from tests.app.api.live import live_service


@pytest.fixture
def url(make_parts) -> Iterator[str]:
    with live_service(make_parts().settings) as base:
        yield f"{base}/v1"


@pytest.fixture(scope="module")
def shared_client(shared_settings: Settings) -> Iterator[OpenAI]:
    """A client for those tests of a file that change nothing."""
    with (
        live_service(shared_settings) as base,
        OpenAI(base_url=f"{base}/v1", api_key="none", max_retries=0) as opened,
    ):
        yield opened


@pytest.fixture
def client(url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=url, api_key="none", max_retries=0) as opened:
        yield opened
