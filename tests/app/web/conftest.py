"""The pages: over a test client, and in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
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
from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from tests.app.api.live import live_service
from tests.app.patience import PATIENT, STEP_S
from tests.app.security.code_issuer import CLIENT, CodeIssuer
from tests.app.security.issuer import AUDIENCE, running_issuer
from tests.app.web.chatting import settings_at
from tests.chromium import browser as chromium
from tests.indexing import workbench_here
from tests.openai_server import Script, openai_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

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
        return load_settings({**base, **PATIENT, **named})

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


@pytest.fixture(scope="module")
def playwright_browser() -> Iterator[Browser]:
    """Chromium, driven by Playwright; the test is skipped where there is none.

    It ends with its file: Playwright's loop runs in the main thread until then, and no other can.
    """
    program = chromium()
    if program is None:
        pytest.skip("there is no Chromium: `make services` installs it")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=STEP_S * 1000)

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def context(playwright_browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile. The test fails if a page throws, or breaks its content security policy."""
    opened = playwright_browser.new_context(viewport={"width": 1280, "height": 800})
    opened.set_default_timeout(STEP_S * 1000)
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


# What the documents of the set `shelf` try to do to pages.
HOSTILE_TITLE = '"><img src=x onerror=alert(1)> \u202egnp.exe'
HOSTILE = f"""---
title: '{HOSTILE_TITLE}'
---
# Pallets <script>alert(2)</script> & [a](javascript:alert(3))

Pallet racks <b onmouseover=alert(4)>carry</b> at most 900 kg, </mark></div><iframe src=//evil.example>
says the ]]> rule "{"long" * 200}".
"""
HOSTILE_TEXT = """Ladders <b onmouseover=alert(6)>carry</b> at most 150 kg, </mark></div><script>alert(7)</script>
<iframe src=//evil.example>, says the [rule](javascript:alert(8)).
"""
HIDDEN_WORD = "71,000"
HIDDEN = f"""---
title: Salaries
groups: [hr]
---
# Salaries of depot managers

The salary of the depot manager at Kestrel is {HIDDEN_WORD} a year.
"""
LEVELS = Path(__file__).parents[3] / "docs/handbook/documents/business/customer-service-levels.pdf"


@pytest.fixture(scope="session")
def shelf_documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a hostile document, one for the group hr alone, and a PDF."""
    folder = tmp_path_factory.mktemp("shelf")
    (folder / '"><img src=x onerror=alert(5)>.md').write_text(HOSTILE, encoding="utf-8")
    (folder / '"><svg onload=alert(9)>.txt').write_text(HOSTILE_TEXT, encoding="utf-8")
    (folder / "salaries.md").write_text(HIDDEN, encoding="utf-8")
    shutil.copy(LEVELS, folder / LEVELS.name)
    return folder


@pytest.fixture(scope="session")
def indexed_shelf(
    indexed_depot: Path,
    shelf_documents: Path,
    embedder: Embedder,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """An index of two sets: `depot`, and `shelf` of these documents; tests get copies of it."""
    folder = tmp_path_factory.mktemp("indexed-shelf") / "index"
    shutil.copytree(indexed_depot, folder)
    store = open_store(IndexSettings(url=str(folder)))
    sync_source("shelf", str(shelf_documents), workbench_here(store, embedder))
    store.close()
    return folder


@pytest.fixture
def shelf(indexed_shelf: Path, tmp_path: Path) -> str:
    """The address of an index with the sets `depot` and `shelf`, which the test may change."""
    shutil.copytree(indexed_shelf, tmp_path / "shelf")
    return str(tmp_path / "shelf")


@pytest.fixture(scope="module")
def url(indexed_shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service that asks nobody who they are; no test changes its documents."""
    with live_service(settings_at(indexed_shelf, tmp_path_factory.mktemp("open"))) as running:
        yield running


@pytest.fixture(scope="module")
def scripted(
    indexed_shelf: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Script]]:
    """The same with a model behind an API, which says what a test wants."""
    with pytest.MonkeyPatch.context() as patch, openai_server() as script:
        patch.setenv("OPENAI_API_KEY", "none")
        hosted = {"chat__model": "openai:m", "chat__base_url": script.url}
        alone = {"chat__max_retries": 0, "chat__last_resort": False, "cache__enabled": False}
        folder = tmp_path_factory.mktemp("scripted")
        with live_service(settings_at(indexed_shelf, folder, **hosted, **alone)) as running:
            yield running, script


@pytest.fixture
def page(context: BrowserContext) -> Page:
    opened = context.new_page()
    opened.on("dialog", lambda dialog: pytest.fail(f"a document opened: {dialog.message}"))
    return opened


@pytest.fixture
def issuer() -> Iterator[CodeIssuer]:
    """An OpenID Connect issuer where people sign in, and whose answers a test can change."""
    with running_issuer(CodeIssuer()) as running:
        yield running


@pytest.fixture
def serve(serve_pages: Callable[..., TestClient], issuer: CodeIssuer) -> Callable[..., TestClient]:
    """Start the service with sign-in at `issuer`."""

    def start(**more: Any) -> TestClient:
        return serve_pages(
            **{
                "auth__enabled": True,
                "auth__issuer": issuer.url,
                "auth__audience": AUDIENCE,
                "auth__browser_client_id": CLIENT,
                **more,
            }
        )

    return start


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """The database of the test's services."""
    with closing(Database(f"sqlite:///{tmp_path / 'store.db'}")) as opened:
        opened.migrate()
        yield opened
