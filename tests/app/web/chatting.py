"""What tests of the chat in a browser share: questions, and how to ask them.

What `wait_for_function` waits for is a function (`() => …`): Playwright compiles that once. An expression is
evaluated each time, and all but the first time the pages' content security policy forbids it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from app.settings.tree import load_settings
from tests.app.patience import STEP_S

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

WARRANTY = "How long does the warranty on a refrigeration unit last?"
HOURS = "When does the Kestrel depot open?"
LEAVING = "When may the customer end the agreement for a lane?"
PAY = "What is the salary of the depot manager at Kestrel?"
REPLY = 'It lasts "24 months from delivery" [1]. That is all. '


def settings_at(index: Path, folder: Path, **more: Any) -> Any:
    named = {name.replace("__", "."): value for name, value in more.items()}
    return load_settings(
        {
            "index.url": str(index),
            "store.url": f"sqlite:///{folder / 'store.db'}",
            "jobs.folder": str(folder / "jobs"),
            "sync.uploads": str(folder / "uploads"),
            **named,
        }
    )


def ask(page: Page, question: str, document_set: str | None = None) -> Any:
    """Ask, and wait for the answer; its turn."""
    turns = page.locator(".turn[data-answer]")
    before = turns.count()
    if document_set:
        page.get_by_label("Document set").select_option(document_set)
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    turns.nth(before).wait_for()
    return turns.nth(before)


def exchanges(page: Page, url: str) -> list[dict[str, Any]]:
    """What the server holds of the conversation that the page shows."""
    # The browser reports a new address a little later than the page shows the answer.
    page.wait_for_url(f"{url}/chat/*")
    session = page.url.rpartition("/")[2]
    found = httpx.get(f"{url}/v1/sessions/{session}", timeout=STEP_S).json()["exchanges"]
    return list(found)


def assert_in_view(page: Page, selector: str) -> None:
    """Nothing hides the first such element, once the page has scrolled to it."""
    page.wait_for_function(
        """(selector) => {
          const element = document.querySelector(selector);
          if (!element) return false;
          const box = element.getBoundingClientRect();
          const at = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2);
          return at.some((one) => one === element || element.contains(one) || one.contains(element));
        }""",
        arg=selector,
    )


def assert_fits(page: Page) -> None:
    """The page is no wider than its window, once it is laid out."""
    page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")


class HeldRequests:
    """Requests of a page that wait until the test lets them go on.

    Args:
        page: the page.
        pattern: of their addresses.
    """

    def __init__(self, page: Page, pattern: str) -> None:
        self._page = page
        self._routes: list[Route] = []
        page.route(pattern, lambda route: self._routes.append(route))

    @property
    def count(self) -> int:
        """How many have come."""
        return len(self._routes)

    def wait(self) -> None:
        """Wait for the first one."""
        until = time.monotonic() + STEP_S
        while not self._routes:
            assert time.monotonic() < until, "the page sent no such request"
            self._page.wait_for_timeout(20)  # lets Playwright hand over what has come

    def let_go(self) -> None:
        """Let the first one go on."""
        self._routes[0].continue_()


def sign_in(page: Page, url: str, key: str) -> None:
    """Sign in with a key."""
    page.goto(f"{url}/sign-in")
    page.get_by_label("API key").fill(key)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
