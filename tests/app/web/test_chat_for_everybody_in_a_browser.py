"""The chat by keyboard, on phones, in large letters, on paper, and for screen readers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.app.patience import STEP_S
from tests.app.web.axe import serious_faults
from tests.app.web.chatting import HOURS, LEAVING, WARRANTY, ask, assert_fits, assert_in_view

pytestmark = pytest.mark.browser
MOST_FILES, MOST_BYTES = 6, 300_000


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
    expect(page.locator("#conversations a[aria-current]")).to_be_attached()
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
    context.set_default_timeout(STEP_S * 1000)
    page = context.new_page()
    page.goto(url)
    assert_fits(page)
    ask(page, WARRANTY, "depot")
    assert_fits(page)
    assert_in_view(page, "[data-theme-switch]")
    page.get_by_role("button", name="Conversations").click()
    expect(page.get_by_role("link", name="New chat")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Conversations")).to_be_focused()
    page.locator("a.chip").first.click()
    page.locator("mark.active").first.wait_for()
    assert_fits(page)
    assert_in_view(page, "mark.active")
    assert_in_view(page, "[data-close]")
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
    assert httpx.get(f"{url}/suggestions?document_set=depot", timeout=STEP_S).status_code == 200
    context = playwright_browser.new_context()
    context.set_default_timeout(STEP_S * 1000)
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


@pytest.mark.parametrize("letters", [1, 2])
def test_the_narrowest_window_and_large_letters_need_no_sideways_scrolling(
    page, url, letters
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(url)

    def enlarge() -> None:
        page.evaluate(
            "(times) => document.documentElement.style.fontSize = `${16 * times}px`", letters
        )

    enlarge()
    assert_fits(page)
    assert_in_view(page, "#send")
    turn = ask(page, WARRANTY, "depot")
    page.get_by_role("button", name="How this was answered").click()
    assert_fits(page)
    assert_in_view(page, "#question")
    turn.locator("a.chip").first.click()
    page.locator("mark.active").first.wait_for()
    assert_fits(page)
    assert_in_view(page, "[data-close]")
    page.wait_for_function(
        "() => document.getElementById('source-body').getBoundingClientRect().height > 100"
    )


def test_a_conversation_is_printed_whole(page, url) -> None:
    from playwright.sync_api import expect

    page.goto(url)
    for question in (WARRANTY, HOURS, "Who won the regatta at Cowes in 1987?"):
        ask(page, question)
    page.emulate_media(media="print")
    height = page.evaluate("document.getElementById('turns').scrollHeight")
    assert page.evaluate("document.documentElement.scrollHeight") >= height
    assert (
        page.evaluate("getComputedStyle(document.getElementById('thread')).overflowY") == "visible"
    )
    for selector in ("#composer", "#sidebar", ".top", ".actions"):
        expect(page.locator(selector).first).to_be_hidden()


def test_a_choice_is_seen_without_its_background(page, url) -> None:
    page.emulate_media(forced_colors="active")
    page.goto(url)
    ask(page, WARRANTY, "depot")
    page.get_by_role("button", name="Good answer").click()
    page.locator(".reason").wait_for()
    style = "(one) => getComputedStyle(one).outlineStyle"
    assert page.get_by_role("button", name="Good answer").evaluate(style) == "solid"
    assert page.get_by_role("button", name="Bad answer").evaluate(style) == "none"
    assert page.locator("#conversations a[aria-current]").evaluate(style) == "solid"


def test_each_state_has_one_heading_of_the_first_level(page, url) -> None:
    from playwright.sync_api import expect

    page.goto(url)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(["What would you like to know?"])
    ask(page, WARRANTY, "depot")
    expect(heading).to_have_text([WARRANTY])
