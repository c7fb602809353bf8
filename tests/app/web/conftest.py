"""The pages: over a test client, and in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from app.callers import Role
from app.main import create_app
from app.security.keys import Keys
from app.settings.tree import Settings, load_settings
from app.store.database import Database
from tests.app.api.live import live_service
from tests.chromium import browser as chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

KeyMaker = Callable[..., str]


@pytest.fixture
def settings_of(indexed_depot: Path, tmp_path: Path) -> Callable[..., Settings]:
    """Settings over the defaults for a service on a copy of the set `depot`, with its own store."""
    shutil.copytree(indexed_depot, tmp_path / "index")

    def settings(**overrides: Any) -> Settings:
        named = {name.replace("__", "."): value for name, value in overrides.items()}
        base = {
            "index.url": str(tmp_path / "index"),
            "store.url": f"sqlite:///{tmp_path / 'store.db'}",
            "jobs.folder": str(tmp_path / "jobs"),
            "sync.uploads": str(tmp_path / "uploads"),
        }
        return load_settings({**base, **named})

    return settings


@pytest.fixture
def make_key(tmp_path: Path) -> KeyMaker:
    """Make an API key in the store of the test's services: name, role, groups."""

    def make(
        name: str = "anna",
        role: Role = "reader",
        groups: list[str] | None = None,
        expires_in: timedelta | None = None,
    ) -> str:
        database = Database(f"sqlite:///{tmp_path / 'store.db'}")
        database.migrate()
        try:
            return Keys(database).create(name, role, groups, expires_in)
        finally:
            database.close()

    return make


@pytest.fixture
def serve_pages(settings_of: Callable[..., Settings]) -> Iterator[Callable[..., TestClient]]:
    """Start the service; nobody is asked who they are unless `auth__enabled=True`."""
    with ExitStack() as running:

        def start(**overrides: Any) -> TestClient:
            client = TestClient(
                create_app(settings_of(**overrides)),
                base_url="http://localhost",
                raise_server_exceptions=False,
                follow_redirects=False,
            )
            return running.enter_context(client)

        yield start


@pytest.fixture
def live(settings_of: Callable[..., Settings]) -> Iterator[Callable[..., str]]:
    """Start the service behind a real HTTP server; its base URL."""
    with ExitStack() as running:

        def start(**overrides: Any) -> str:
            return running.enter_context(live_service(settings_of(**overrides)))

        yield start


@pytest.fixture(scope="session")
def playwright_browser() -> Iterator[Browser]:
    """Chromium, driven by Playwright; the test is skipped where there is none."""
    program = chromium()
    if program is None:
        pytest.skip("there is no Chromium: `make services` installs it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def context(playwright_browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile. The test fails if a page throws, or breaks its content security policy."""
    opened = playwright_browser.new_context(viewport={"width": 1280, "height": 800})
    opened.set_default_timeout(15_000)
    problems: list[str] = []
    opened.on("weberror", lambda error: problems.append(str(error.error)))
    opened.on(
        "console",
        lambda message: (
            problems.append(message.text)
            if "Content Security Policy" in message.text or "TrustedHTML" in message.text
            else None
        ),
    )
    yield opened
    opened.close()
    assert problems == []
