"""Sign-in and sign-out as people do them."""

from __future__ import annotations

import pytest

from tests.app.web.axe import serious_faults

pytestmark = pytest.mark.browser


def test_sign_in_refused_and_granted_and_sign_out(live, make_key, context) -> None:
    from playwright.sync_api import expect

    url = live(auth__enabled=True)
    page = context.new_page()
    page.goto(f"{url}/sign-in")
    page.get_by_label("API key").fill("plumb_nope")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("The key is unknown")
    page.get_by_label("API key").fill(make_key())
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
    names = {cookie["name"]: cookie for cookie in context.cookies()}
    assert names["plumb_sign_in"]["httpOnly"]
    assert names["plumb_sign_in"]["sameSite"] == "Strict"
    assert (
        page.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_the_sign_in(live, context, theme) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme=theme)
    page.goto(f"{live(auth__enabled=True)}/sign-in")
    assert serious_faults(page) == []
    # What it finds, it reports.
    page.evaluate("document.querySelector('label').replaceWith(document.querySelector('input'))")
    assert any("label" in fault for fault in serious_faults(page))


def test_a_link_on_another_site_finds_who_is_signed_in(live, make_key, context) -> None:
    from playwright.sync_api import expect

    url = live(auth__enabled=True)
    page = context.new_page()
    page.goto(f"{url}/sign-in")
    page.get_by_label("API key").fill(make_key())
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
    link = f'<a href="{url}/">to the chat</a>'
    page.route(
        "http://wiki.example/", lambda route: route.fulfill(body=link, content_type="text/html")
    )
    page.goto("http://wiki.example/")
    page.get_by_text("to the chat").click()
    expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    expect(page).to_have_url(f"{url}/")
    # A person who is not signed in is asked to sign in.
    context.clear_cookies()
    page.goto("http://wiki.example/")
    page.get_by_text("to the chat").click()
    expect(page).to_have_url(f"{url}/sign-in")
