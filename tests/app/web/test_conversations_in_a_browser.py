"""Conversations, and what keeps one from going on."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.security.keys import Keys
from app.store.database import Database
from tests.app.patience import START_S
from tests.app.web.chatting import HOURS, REPLY, WARRANTY, HeldRequests, ask, sign_in
from tests.openai_server import Script, openai_server

pytestmark = pytest.mark.browser


def test_rename_export_and_delete(page, url) -> None:
    from playwright.sync_api import expect

    page.goto(url)
    ask(page, "When does the Merlin depot open?", "depot")
    row = page.locator("#conversations li", has=page.locator("a[aria-current]"))
    row.hover()
    row.get_by_role("button", name="Rename").click()
    page.get_by_label("Title").fill("Depots <b>")
    page.keyboard.press("Enter")
    expect(page.locator("#talk-head h1")).to_have_text("Depots <b>")
    with page.expect_download() as download:
        page.get_by_role("link", name="Markdown").click()
    text = Path(download.value.path()).read_text("utf-8")
    assert text.startswith("# Depots \\<b\\>")
    assert "around the clock" in text
    row.hover()
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Cancel").click()
    # The button takes no second click before the first one has come to its end.
    expect(row.get_by_role("button", name="Delete")).to_be_focused()
    row.hover()
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_url(f"{url}/")
    expect(page.get_by_role("link", name="Depots <b>")).to_have_count(0)


@contextmanager
def process(index: Path, folder: Path, port: int, script: Script) -> Iterator[Any]:
    """The service as a process of its own, which can be killed."""
    environment = os.environ | {
        "PLUMB_INDEX_URL": str(index),
        "PLUMB_STORE_URL": f"sqlite:///{folder / 'store.db'}",
        "PLUMB_JOBS_FOLDER": str(folder / "jobs"),
        "PLUMB_SYNC_UPLOADS": str(folder / "uploads"),
        "PLUMB_CHAT_MODEL": "openai:m",
        "PLUMB_CHAT_BASE_URL": script.url,
        # Nobody looks at it.
        "OPENAI_API_KEY": script.url,
    }
    root = Path(__file__).parents[3]
    command = [sys.executable, str(root / "plumb.py"), "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment, cwd=root, stderr=subprocess.DEVNULL) as running:
        try:
            with httpx.Client(transport=httpx.HTTPTransport(retries=0)) as client:
                until = time.monotonic() + START_S
                while True:
                    assert time.monotonic() < until, "the service did not start"
                    assert running.poll() is None, "the service ended"
                    try:
                        client.get(f"http://127.0.0.1:{port}/healthz")
                        break
                    except httpx.TransportError:
                        time.sleep(0.1)  # polls a starting process, as other tests do
            yield running
        finally:
            running.kill()


def test_a_server_that_goes_away_in_the_middle(page, indexed_shelf, tmp_path) -> None:
    from playwright.sync_api import expect

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with openai_server() as script, ExitStack() as running:
        script.reply, script.held = REPLY, threading.Event()
        with process(indexed_shelf, tmp_path, port, script):
            page.goto(url)
            page.get_by_label("Document set").select_option("depot")
            page.get_by_label("Your question").fill(WARRANTY)
            page.keyboard.press("Enter")
            expect(page.locator(".words")).to_contain_text("It")
        notice = page.get_by_role("alert")
        expect(notice).to_contain_text("The connection ended before the answer was complete")
        expect(page.locator(".words")).to_contain_text("It")
        script.held.set()
        running.enter_context(process(indexed_shelf, tmp_path, port, script))
        page.get_by_role("button", name="Ask again").click()
        page.locator(".turn[data-answer]").wait_for()
        expect(page.locator(".turn")).to_have_count(1)


def test_a_question_survives_the_end_of_a_sign_in(context, live, make_key, tmp_path) -> None:
    from playwright.sync_api import expect

    url = live(auth__enabled=True)
    page = context.new_page()
    page.goto(f"{url}/sign-in")
    page.get_by_label("API key").fill(make_key("anna"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
    ask(page, WARRANTY)
    with closing(Database(f"sqlite:///{tmp_path / 'store.db'}")) as database:
        Keys(database).revoke("anna")
    page.get_by_label("Your question").fill(HOURS)
    page.keyboard.press("Enter")
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("You are signed out. Your question is saved.")
    notice.get_by_role("link", name="Sign in").click()
    page.wait_for_url("**/sign-in?*")
    page.goto(f"{url}/sign-in")
    page.get_by_label("API key").fill(make_key("anna"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
    expect(page.get_by_label("Your question")).to_have_value(HOURS)
    assert page.evaluate("sessionStorage.length") == 0


def test_who_asks_too_much_sees_when_to_try_again(context, live, make_key) -> None:
    from playwright.sync_api import expect

    url = live(auth__enabled=True, limits__per_minute=1)
    page = context.new_page()
    page.goto(f"{url}/sign-in")
    page.get_by_label("API key").fill(make_key())
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
    # Opening the page was the one request that a minute allows.
    page.get_by_label("Your question").fill(WARRANTY)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Try again in")
    expect(page.get_by_role("button", name="Ask again")).to_be_disabled()
    expect(page.get_by_label("Your question")).to_have_value(WARRANTY)


def test_a_double_click_opens_one_dialog(page, url) -> None:
    from playwright.sync_api import expect

    page.goto(url)
    ask(page, WARRANTY, "depot")
    page.wait_for_url("**/chat/*")
    page.reload()
    held = HeldRequests(page, "**/conversations.js")
    row = page.locator("#conversations li", has=page.locator("a[aria-current]"))
    row.hover()
    row.get_by_role("button", name="Rename").dblclick()
    held.wait()
    held.let_go()
    page.get_by_label("Title").wait_for()
    expect(page.get_by_role("dialog")).to_have_count(1)


def test_the_list_is_renewed_under_the_focus(page, scripted) -> None:
    from playwright.sync_api import expect

    url, script = scripted
    script.reply, script.held = REPLY, None
    page.goto(url)
    ask(page, WARRANTY, "depot")
    expect(page.locator("#conversations a[aria-current]")).to_be_visible()
    script.held = threading.Event()
    page.get_by_label("Your question").fill("When does it end early?")
    page.keyboard.press("Enter")
    page.locator(".pending").wait_for()
    rename = page.locator("#conversations [data-rename]").first
    rename.focus()
    # A mark on what is there now, which the new list has not.
    rename.evaluate("(one) => one.setAttribute('data-before', '')")
    script.held.set()
    script.held = None
    expect(page.locator("#conversations [data-before]")).to_have_count(0)
    expect(rename).to_be_focused()


def test_older_conversations_are_a_button_away(page, live, monkeypatch) -> None:
    from playwright.sync_api import expect

    monkeypatch.setattr("app.web.conversations.LISTED", 1)
    url = live()
    for question in (WARRANTY, HOURS):
        page.goto(url)
        ask(page, question)
    page.goto(url)
    links = page.locator("#conversations li a")
    expect(links).to_have_text([HOURS])
    page.get_by_role("button", name="Show older conversations").click()
    expect(links).to_have_text([HOURS, WARRANTY])
    expect(links.nth(1)).to_be_focused()
    expect(page.get_by_role("button", name="Show older conversations")).to_have_count(0)


def test_a_sign_out_leaves_nothing_of_a_person(context, live, make_key) -> None:
    from playwright.sync_api import expect

    url = live(auth__enabled=True)
    page = context.new_page()
    sign_in(page, url, make_key())
    page.get_by_label("Your question").fill(HOURS)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    assert page.evaluate("sessionStorage.length") == 0
    page.go_back()
    expect(page.get_by_label("API key")).to_be_visible()
