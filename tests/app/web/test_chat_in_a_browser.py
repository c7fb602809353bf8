"""The chat as people use it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from app.security.keys import Keys
from app.settings.tree import load_settings
from app.store.database import Database
from tests.app.api.live import live_service
from tests.app.web.axe import serious_faults
from tests.app.web.conftest import HIDDEN_WORD
from tests.openai_server import Script, openai_server

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser
WARRANTY = "How long does the warranty on a refrigeration unit last?"
HOURS = "When does the Kestrel depot open?"
LEAVING = "When may the customer end the agreement for a lane?"
PAY = "What is the salary of the depot manager at Kestrel?"
REPLY = 'It lasts "24 months from delivery" [1]. That is all. '
MOST_FILES, MOST_BYTES = 6, 300_000
FIRST_WORD_MS = 50


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


def test_ask_open_the_source_and_follow_up(page, url) -> None:
    from playwright.sync_api import expect

    page.goto(url)
    turn = ask(page, WARRANTY, "depot")
    page.wait_for_url(f"{url}/chat/*")
    assert "24 months from delivery" in turn.inner_text()
    chip = turn.locator("a.chip").first
    chip.click()
    mark = page.locator("mark.active").first
    mark.wait_for()
    payload = json.loads(turn.locator("[data-source]").first.get_attribute("data-source"))
    assert mark.inner_text() == payload["spans"][0]["text"]
    assert is_in_view(page, "mark.active")
    expect(page.locator("#source-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#source")).to_be_hidden()
    expect(chip).to_be_focused()
    second = ask(page, "When does it end early?")
    assert "seal" in second.inner_text()
    expect(page.locator("#conversations a[aria-current]")).to_have_text(WARRANTY)
    page.reload()
    expect(page.locator(".turn[data-answer]")).to_have_count(2)
    page.locator("a.chip").first.click()
    mark.wait_for()


def test_cited_words_are_boxed_on_the_page_of_a_pdf(page, url) -> None:
    from playwright.sync_api import expect

    page.goto(url)
    turn = ask(page, LEAVING, "shelf")
    turn.locator("[data-source*='.pdf']").first.click()
    box = page.locator("rect.active").first
    box.wait_for()
    page.locator("#sheet[data-shown]").wait_for()
    assert is_in_view(page, "rect.active")
    # What is marked is dark text on the drawn page: the box is where letters are.
    dark = page.evaluate(
        """() => {
          const image = document.getElementById("sheet-image"), canvas = document.createElement("canvas");
          const box = document.querySelector("rect.active"), at = (name) => Number(box.getAttribute(name));
          canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
          const context = canvas.getContext("2d");
          context.drawImage(image, 0, 0);
          const data = context.getImageData(at("x") * canvas.width, at("y") * canvas.height,
            at("width") * canvas.width, at("height") * canvas.height).data;
          let dark = 0;
          for (let i = 0; i < data.length; i += 4) if (data[i] < 128) dark += 1;
          return dark / (data.length / 4);
        }"""
    )
    assert 0.05 < dark < 0.6
    place = page.locator("#page-place")
    number = int(place.inner_text().split()[1])
    page.get_by_role("button", name="Previous page").click()
    expect(place).to_contain_text(f"Page {number - 1} of")
    wide = page.locator("#sheet").bounding_box()["width"]
    page.get_by_role("button", name="Zoom in").click()
    assert page.locator("#sheet").bounding_box()["width"] > 1.2 * wide
    page.get_by_role("button", name="As text").click()
    expect(page.locator("mark.active").first).to_be_visible()
    page.get_by_role("button", name="Next citation").click()
    page.get_by_role("button", name="Close the source").click()
    expect(page.locator("#source")).to_be_hidden()


def test_words_are_shown_at_once_and_read_out_in_sentences(page, scripted) -> None:
    url, script = scripted
    sent: list[float] = []

    def say(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        for word in (REPLY * 4).split(" "):
            piece = {"choices": [{"index": 0, "delta": {"content": f"{word} "}}]}
            sent.append(time.time() * 1000)
            handler.wfile.write(f"data: {json.dumps(piece)}\n\n".encode())
            handler.wfile.flush()
            # As a model does: one word after the other.
            script.left.wait(0.03)
        handler.wfile.write(b"data: [DONE]\n\n")

    script.raw = say
    page.goto(url)
    page.evaluate(
        """() => {
          window.painted = [];
          new MutationObserver((changes) => {
            if (changes.some((one) => one.target.parentElement?.classList.contains("words"))) {
              requestAnimationFrame(() => window.painted.push(performance.timeOrigin + performance.now()));
            }
          }).observe(document.getElementById("turns"), { subtree: true, characterData: true });
        }"""
    )
    try:
        ask(page, WARRANTY, "depot")
    finally:
        script.raw = None
    painted = page.evaluate("window.painted")
    # From the model's sending of a word, which is before the server's, until it is painted.
    waits = [next(at for at in painted if at >= when) - when for when in sent[:-2]]
    assert len(waits) > 20
    assert median(waits) <= FIRST_WORD_MS, waits
    told = page.locator("#live p").all_inner_texts()
    assert 'It lasts "24 months from delivery" .' in told
    assert "That is all." in told
    assert told[-1] == "The answer is complete, with 1 source."


def test_stop_and_ask_again(page, scripted) -> None:
    from playwright.sync_api import expect

    url, script = scripted
    script.reply, script.held = REPLY, threading.Event()
    script.left.clear()
    page.goto(url)
    page.get_by_label("Your question").fill(WARRANTY)
    page.keyboard.press("Enter")
    expect(page.locator(".words")).to_contain_text("It")
    page.keyboard.press("Escape")
    page.get_by_text("You stopped this answer").wait_for()
    assert script.left.wait(30)
    expect(page.locator(".words")).to_contain_text("It")
    script.held.set()
    script.held = None
    page.get_by_role("button", name="Ask again").click()
    page.locator(".turn[data-answer]").wait_for()
    expect(page.locator(".turn")).to_have_count(1)
    script.status = 500
    page.get_by_label("Your question").fill(HOURS)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The chat model did not answer")
    expect(page.get_by_label("Your question")).to_have_value(HOURS)
    script.status = 200
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".turn[data-answer]")).to_have_count(2)
    # What could not be answered takes the place of nothing.
    script.status = 500
    page.locator(".turn").last.get_by_role("button", name="Edit").click()
    page.get_by_label("Your question").fill(PAY)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    script.status = 200
    expect(page.locator(".turn[data-answer]")).to_have_count(2)
    assert [one["question"] for one in exchanges(page, url)] == [WARRANTY, HOURS]


def test_retry_and_edit_take_the_place_of_the_last_question(page, url) -> None:
    from playwright.sync_api import expect

    page.goto(url)
    first = ask(page, WARRANTY, "depot").get_attribute("data-answer")
    page.get_by_role("button", name="Answer again").click()
    expect(page.locator(f"#{first}")).to_have_count(0)
    expect(page.locator(".turn[data-answer]")).to_have_count(1)
    page.get_by_role("button", name="How this was answered").click()
    expect(page.locator(".served")).to_contain_text("without a cache")
    assert len(exchanges(page, url)) == 1
    page.get_by_label("Your question").focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Your question")).to_have_value(WARRANTY)
    page.keyboard.press("Escape")
    expect(page.get_by_label("Your question")).to_have_value("")
    page.keyboard.press("ArrowUp")
    page.get_by_label("Your question").fill(HOURS)
    page.keyboard.press("Enter")
    expect(page.locator(".turn[data-answer]")).to_contain_text("05:30")
    assert [one["question"] for one in exchanges(page, url)] == [HOURS]


def test_say_what_one_thinks_and_copy(page, url, context) -> None:
    from playwright.sync_api import expect

    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(url)
    answer = ask(page, WARRANTY, "depot").get_attribute("data-answer")
    page.get_by_role("button", name="Bad answer").click()
    page.get_by_label("Why?").fill("Which unit?")
    page.get_by_label("What should it have said?").fill("36 months")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Thank you, your feedback is saved").wait_for()
    kept = httpx.get(f"{url}/v1/answers/{answer}").json()["feedback"][0]
    assert (kept["thumb"], kept["reason"], kept["corrected_answer"]) == (
        "down",
        "Which unit?",
        "36 months",
    )
    page.get_by_role("button", name="Copy as Markdown").click()
    page.get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"**{WARRANTY}**")
    assert "\\[1\\] Warranty terms" in copied
    expect(page.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")


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
    assert text.startswith("# Depots <b>")
    assert "around the clock" in text
    row.hover()
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Cancel").click()
    row.hover()
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_url(f"{url}/")
    expect(page.get_by_role("link", name="Depots <b>")).to_have_count(0)


def test_hostile_documents_do_nothing(page, url) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    for question in ("How much do pallet racks carry?", "How much do ladders carry?"):
        turn = ask(page, question, "shelf")
        source = turn.locator("[data-source*='onerror'], [data-source*='onload']").first
        source.click()
        page.locator("mark.active").first.wait_for()
        assert overflow(page) <= 0
        page.keyboard.press("Escape")
    page.reload()
    page.locator(".turn[data-answer]").nth(1).wait_for()
    assert overflow(page) <= 0
    assert all(one.startswith((url, "blob:", "data:")) for one in asked)
    assert page.locator("iframe, .answer img, .answer b, #source b").count() == 0


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
                until = time.monotonic() + 60
                while time.monotonic() < until and running.poll() is None:
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


def test_two_groups_see_different_sources(context, live, shelf, make_key) -> None:
    url = live(index__url=shelf, auth__enabled=True)
    page = context.new_page()

    def sign_in(key: str) -> None:
        context.clear_cookies()
        page.goto(f"{url}/sign-in")
        page.get_by_label("API key").fill(key)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{url}/")

    sign_in(make_key("hanna", groups=["hr"]))
    turn = ask(page, PAY, "shelf")
    assert HIDDEN_WORD in turn.inner_text()
    address = page.url
    sign_in(make_key("otto", groups=["sales"]))
    turn = ask(page, PAY, "shelf")
    assert HIDDEN_WORD not in page.content()
    page.goto(address)
    assert "You have no such conversation" in page.locator("main").inner_text()


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
    page.goto(f"{url}/sign-in")
    page.get_by_label("API key").fill(make_key("anna"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
    expect(page.get_by_label("Your question")).to_have_value(HOURS)
    assert page.evaluate("sessionStorage.length") == 0


def test_who_asks_too_much_sees_when_to_come_again(context, live, make_key) -> None:
    from playwright.sync_api import expect

    url = live(auth__enabled=True, limits__per_minute=4)
    page = context.new_page()
    page.goto(f"{url}/sign-in")
    page.get_by_label("API key").fill(make_key())
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
    for _ in range(5):
        page.get_by_label("Your question").fill(WARRANTY)
        page.keyboard.press("Enter")
        page.locator(".turn:not(.pending), .turn.incomplete").last.wait_for()
        if page.get_by_role("alert").count():
            break
    expect(page.get_by_role("alert")).to_contain_text("Try again in")
    expect(page.get_by_role("button", name="Ask again")).to_be_disabled()
    expect(page.get_by_label("Your question")).to_have_value(WARRANTY)


def test_everything_works_with_the_keyboard_alone(page, url) -> None:
    from playwright.sync_api import expect

    page.goto(url)
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("How long does the warranty")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("on a refrigeration unit last?")
    page.keyboard.press("Enter")
    page.locator(".turn[data-answer]").wait_for()

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("(it) => document.activeElement.matches(it)", selector):
                return
        pytest.fail(f"no way leads to {selector}")

    tab_to("a.chip")
    page.keyboard.press("Enter")
    expect(page.locator("#source-title")).to_be_focused()
    tab_to("[data-mark='1']")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("a.chip").first).to_be_focused()
    tab_to("[data-served]")
    page.keyboard.press("Enter")
    expect(page.locator(".served")).to_be_visible()
    # Round the whole page, from the skip link on, and there is no trap.
    tab_to(".skip")
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    tab_to("[data-rename]")
    page.keyboard.press("Enter")
    page.get_by_label("Title").wait_for()
    page.keyboard.press("Escape")
    expect(page.locator("[data-rename]").first).to_be_focused()
    tab_to("#question")


def test_it_fits_a_phone(playwright_browser, url) -> None:
    from playwright.sync_api import expect

    context = playwright_browser.new_context(
        viewport={"width": 375, "height": 700}, has_touch=True, is_mobile=True
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(url)
    assert overflow(page) <= 0
    ask(page, WARRANTY, "depot")
    assert overflow(page) <= 0
    assert is_in_view(page, "[data-theme-switch]")
    page.get_by_role("button", name="Conversations").click()
    expect(page.get_by_role("link", name="New chat")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Conversations")).to_be_focused()
    page.locator("a.chip").first.click()
    page.locator("mark.active").first.wait_for()
    assert overflow(page) <= 0
    assert is_in_view(page, "mark.active")
    assert is_in_view(page, "[data-close]")
    page.keyboard.press("Escape")
    expect(page.locator("#source")).to_be_hidden()
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, a.chip, select, textarea, .conversations a")]
          .filter((one) => one.checkVisibility())
          .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
          .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""
    )
    assert small == []
    context.close()


def test_few_files_of_few_bytes_are_asked_for(playwright_browser, url) -> None:
    # Questions to begin with are worked out for the first who comes.
    assert httpx.get(f"{url}/suggestions?document_set=depot", timeout=30).status_code == 200
    context = playwright_browser.new_context()
    page = context.new_page()
    finished: list[Any] = []
    page.on("requestfinished", lambda request: finished.append(request))
    page.goto(url, wait_until="networkidle")
    assert len(finished) <= MOST_FILES, [one.url for one in finished]
    sizes = [one.sizes() for one in finished]
    bytes_ = sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes)
    assert bytes_ < MOST_BYTES
    assert all(one.url.startswith(url) for one in finished)
    context.close()


def test_closing_the_source_leaves_a_later_focus_alone(page, url) -> None:
    page.goto(url)
    turn = ask(page, WARRANTY, "depot")
    chip = turn.locator("a.chip").first
    chip.click()
    page.locator("mark.active").first.wait_for()
    # A person who closes the source and types at once: both before the browser says that it is closed.
    page.evaluate(
        """() => {
          document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}));
          window.opener_had_it = document.activeElement.classList.contains("chip");
          document.getElementById("question").focus();
          return new Promise((done) => setTimeout(() => requestAnimationFrame(done), 0));
        }"""
    )
    assert page.evaluate("window.opener_had_it")
    assert page.evaluate("document.activeElement.id") == "question"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(page, url, theme) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto(url)
    assert serious_faults(page) == []
    turn = ask(page, WARRANTY, "depot")
    page.get_by_role("button", name="How this was answered").click()
    page.get_by_role("button", name="Good answer").click()
    page.locator(".reason").wait_for()
    turn.locator("a.chip").first.click()
    page.locator("mark.active").first.wait_for()
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    ask(page, "Who won the regatta at Cowes in 1987?")
    assert serious_faults(page) == []
    ask(page, LEAVING, "shelf").locator("[data-source*='.pdf']").first.click()
    page.locator("rect.active").first.wait_for()
    assert serious_faults(page) == []
