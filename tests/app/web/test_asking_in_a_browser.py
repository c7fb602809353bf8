"""Questions, and answers as they come."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import pytest

from tests.app.patience import STEP_S
from tests.app.web.chatting import HOURS, PAY, REPLY, WARRANTY, ask, exchanges

pytestmark = pytest.mark.browser
# A word may wait for the next one: it could be the begin of a citation's marker.
HELD_BACK = 1


def test_each_word_is_shown_before_the_next_and_read_out_in_sentences(page, scripted) -> None:
    from playwright.sync_api import expect

    url, script = scripted
    words = (REPLY * 4).split()
    shown = threading.Semaphore(HELD_BACK + 1)

    def say(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        for word in words:
            assert shown.acquire(timeout=STEP_S), "the page did not show the words before"
            piece = {"choices": [{"index": 0, "delta": {"content": f"{word} "}}]}
            handler.wfile.write(f"data: {json.dumps(piece)}\n\n".encode())
            handler.wfile.flush()
        handler.wfile.write(b"data: [DONE]\n\n")

    script.raw = say
    page.goto(url)
    try:
        page.get_by_label("Document set").select_option("depot")
        page.get_by_label("Your question").fill(WARRANTY)
        page.keyboard.press("Enter")
        for count in range(1, len(words) - HELD_BACK):
            # The model says no more until the browser has drawn what it has said.
            page.wait_for_function(
                "(words) => document.querySelector('.words')?.textContent.trim().startsWith(words)",
                arg=" ".join(words[:count]),
            )
            shown.release()
        page.locator(".turn[data-answer]").wait_for()
    finally:
        script.raw = None
    spoken = page.locator("#live p")
    expect(spoken.last).to_have_text("The answer is complete, with 1 source.")
    found = spoken.all_inner_texts()
    assert 'It lasts "24 months from delivery" .' in found
    assert "That is all." in found


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
    assert script.left.wait(STEP_S)
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
    kept = httpx.get(f"{url}/v1/answers/{answer}", timeout=STEP_S).json()["feedback"][0]
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


def test_a_double_click_asks_and_does_not_stop(page, scripted) -> None:
    from playwright.sync_api import expect

    url, script = scripted
    script.reply, script.held = REPLY, threading.Event()
    page.goto(url)
    page.get_by_label("Your question").fill(WARRANTY)
    page.get_by_role("button", name="Ask", exact=True).dblclick()
    expect(page.locator(".words")).to_contain_text("It")
    script.held.set()
    script.held = None
    page.locator(".turn[data-answer]").wait_for()
    expect(page.locator(".turn")).to_have_count(1)


def test_a_question_survives_a_reload_in_the_middle(page, scripted) -> None:
    from playwright.sync_api import expect

    url, script = scripted
    script.reply, script.held = REPLY, threading.Event()
    page.goto(url)
    page.get_by_label("Your question").fill(WARRANTY)
    page.keyboard.press("Enter")
    expect(page.locator(".words")).to_contain_text("It")
    page.reload()
    expect(page.get_by_label("Your question")).to_have_value(WARRANTY)
    script.held.set()
    script.held = None
    # In another conversation it is not.
    page.get_by_label("Your question").fill(HOURS)
    page.goto(f"{url}/chat/none")
    page.goto(url)
    expect(page.get_by_label("Your question")).to_have_value(HOURS)


def test_two_windows_of_a_conversation_lose_nothing(page, context, url) -> None:
    from playwright.sync_api import expect

    page.goto(url)
    ask(page, WARRANTY, "depot")
    page.wait_for_url("**/chat/*")
    other = context.new_page()
    other.goto(page.url)
    ask(other, HOURS)
    page.get_by_role("button", name="Answer again").click()
    expect(page.get_by_role("alert")).to_contain_text("went on in another window")
    assert [one["question"] for one in exchanges(page, url)] == [WARRANTY, HOURS]
    ask(page, PAY)
    page.get_by_role("link", name="Show all").click()
    expect(page.locator(".turn[data-answer]")).to_have_count(3)
