"""What tests of the chat in a browser share: questions, and how to ask them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from app.settings.tree import load_settings

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
    session = page.url.rpartition("/")[2]
    found = httpx.get(f"{url}/v1/sessions/{session}").json()["exchanges"]
    return list(found)


def is_in_view(page: Page, selector: str) -> bool:
    return bool(
        page.locator(selector).first.evaluate(
            """(element) => {
              const box = element.getBoundingClientRect();
              const at = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2);
              return at.some((one) => one === element || element.contains(one) || one.contains(element));
            }"""
        )
    )


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def sign_in(page: Page, url: str, key: str) -> None:
    """Sign in with a key."""
    page.goto(f"{url}/sign-in")
    page.get_by_label("API key").fill(key)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
