"""Sources beside answers."""

from __future__ import annotations

import json

import pytest

from tests.app.web.chatting import (
    HOURS,
    LEAVING,
    PAY,
    WARRANTY,
    HeldRequests,
    ask,
    assert_fits,
    assert_in_view,
)
from tests.app.web.conftest import HIDDEN_WORD

pytestmark = pytest.mark.browser


def test_ask_open_the_source_and_follow_up(page, url) -> None:
    from playwright.sync_api import expect

    page.goto(url)
    turn = ask(page, WARRANTY, "depot")
    page.wait_for_url(f"{url}/chat/*")
    expect(turn).to_contain_text("24 months from delivery")
    chip = turn.locator("a.chip").first
    chip.click()
    mark = page.locator("mark.active").first
    mark.wait_for()
    payload = json.loads(turn.locator("[data-source]").first.get_attribute("data-source"))
    expect(mark).to_have_text(payload["spans"][0]["text"])
    assert_in_view(page, "mark.active")
    expect(page.locator("#source-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#source")).to_be_hidden()
    expect(chip).to_be_focused()
    second = ask(page, "When does it end early?")
    expect(second).to_contain_text("seal")
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
    assert_in_view(page, "rect.active")
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
    page.wait_for_function(
        "(wide) => document.getElementById('sheet').getBoundingClientRect().width > 1.2 * wide",
        arg=wide,
    )
    page.get_by_role("button", name="As text").click()
    expect(page.locator("mark.active").first).to_be_visible()
    page.get_by_role("button", name="Next citation").click()
    page.get_by_role("button", name="Close the source").click()
    expect(page.locator("#source")).to_be_hidden()


def test_hostile_documents_do_nothing(page, url) -> None:
    from playwright.sync_api import expect

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    for question in ("How much do pallet racks carry?", "How much do ladders carry?"):
        turn = ask(page, question, "shelf")
        source = turn.locator("[data-source*='onerror'], [data-source*='onload']").first
        source.click()
        page.locator("mark.active").first.wait_for()
        assert_fits(page)
        page.keyboard.press("Escape")
    page.reload()
    page.locator(".turn[data-answer]").nth(1).wait_for()
    assert_fits(page)
    assert all(one.startswith((url, "blob:", "data:")) for one in asked)
    expect(page.locator("iframe, .answer img, .answer b, #source b")).to_have_count(0)


def test_two_groups_see_different_sources(context, live, shelf, make_key) -> None:
    from playwright.sync_api import expect

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
    expect(turn).to_contain_text(HIDDEN_WORD)
    page.wait_for_url(f"{url}/chat/*")
    address = page.url
    sign_in(make_key("otto", groups=["sales"]))
    ask(page, PAY, "shelf")
    assert HIDDEN_WORD not in page.content()
    page.goto(address)
    expect(page.locator("main")).to_contain_text("You have no such conversation")


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


# Responses to what opens a source are given to the page when the test says so, in the test's order.
HOLD_SOURCES = """() => {
  const real = window.fetch;
  window.held = [];
  window.fetch = (address, options) => address !== "/chat/source" ? real(address, options)
    : new Promise((give) => window.held.push(async () => {
        const response = await real(address, {...options, signal: undefined});
        give(new Response(await response.text(), {status: response.status}));
        await new Promise((done) => setTimeout(() => requestAnimationFrame(done), 0));
      }));
}"""


def test_of_two_sources_the_one_opened_last_is_shown(page, url) -> None:
    from playwright.sync_api import expect

    page.goto(url)
    first, second = ask(page, WARRANTY, "depot"), ask(page, HOURS)
    titles = [one.locator(".cited-title").first.inner_text() for one in (first, second)]
    assert titles[0] != titles[1]
    page.evaluate(HOLD_SOURCES)
    module = HeldRequests(page, "**/source.js")
    for turn in (first, second):
        turn.locator(".cited-open").first.click()
    module.wait()
    module.let_go()
    page.wait_for_function("() => window.held.length === 2")
    page.evaluate("window.held[1]()")
    expect(page.locator("#source-title")).to_have_text(titles[1])
    page.evaluate("window.held[0]()")
    expect(page.locator("#source-title")).to_have_text(titles[1])


def test_a_source_that_comes_late_takes_the_focus_from_nobody(page, url) -> None:
    from playwright.sync_api import expect

    page.goto(url)
    turn = ask(page, WARRANTY, "depot")
    page.evaluate(HOLD_SOURCES)
    turn.locator("a.chip").first.click()
    page.wait_for_function("() => window.held.length === 1")
    # A second click while the first is at work opens nothing more.
    turn.locator("a.chip").first.click()
    page.get_by_label("Your question").focus()
    page.keyboard.type("And the")
    page.evaluate("window.held[0]()")
    expect(page.locator("#source")).to_be_visible()
    page.keyboard.type(" seal?")
    expect(page.get_by_label("Your question")).to_have_value("And the seal?")
    assert page.evaluate("window.held.length") == 1


def test_the_focus_has_a_place_where_the_opener_is_gone(page, url) -> None:
    from playwright.sync_api import expect

    page.goto(url)
    turn = ask(page, WARRANTY, "depot")
    turn.locator("a.chip").first.click()
    page.locator("mark.active").first.wait_for()
    answer = turn.get_attribute("data-answer")
    page.get_by_role("button", name="Answer again").click()
    expect(page.locator(f"#{answer}")).to_have_count(0)
    expect(page.locator(".turn[data-answer]")).to_have_count(1)
    page.get_by_role("button", name="Close the source").click()
    expect(page.get_by_label("Your question")).to_be_focused()


def test_a_source_stays_open_in_a_window_that_changes(page, url) -> None:
    from playwright.sync_api import expect

    page.goto(url)
    ask(page, WARRANTY, "depot").locator("a.chip").first.click()
    page.locator("mark.active").first.wait_for()
    # As a person does who zooms in: the window has fewer pixels.
    for width, is_modal in ((800, True), (1280, False)):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(
            "(modal) => document.getElementById('source').matches(':modal') === modal", arg=is_modal
        )
        assert_in_view(page, "mark.active")
    page.keyboard.press("Escape")
    expect(page.locator("#source")).to_be_hidden()
    expect(page.locator("a.chip").first).to_be_focused()


def test_no_box_of_a_page_stands_on_the_one_before(page, url) -> None:
    from playwright.sync_api import expect

    page.goto(url)
    turn = ask(page, LEAVING, "shelf")
    turn.locator("[data-source*='.pdf']").first.click()
    page.locator("#sheet[data-shown]").wait_for()
    held = HeldRequests(page, "**/source/pages/*")
    page.get_by_role("button", name="Previous page").click()
    held.wait()
    expect(page.locator("#sheet-image")).to_be_hidden()
    held.let_go()
    expect(page.locator("#sheet-image")).to_be_visible()
