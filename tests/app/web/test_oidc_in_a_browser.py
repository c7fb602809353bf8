"""Sign-in at a certified issuer, in a real browser: its own pages for login and consent, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from app.store.database import Database
from tests.oidc.running import AUDIENCE, PAGES, OidcProvider, missing, oidc_provider

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]
ASK = """async ([path, body]) => {
  const headers = {"X-CSRF-Token": document.querySelector('meta[name="csrf-token"]').content,
                   "Content-Type": "application/json"};
  const sent = body ? {method: "POST", headers, body: JSON.stringify(body)} : {};
  const response = await fetch(path, sent);
  return [response.status, await response.text()];
}"""
STORED = "Object.keys(localStorage).length + Object.keys(sessionStorage).length"


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with oidc_provider() as running:
        yield running


@pytest.fixture
def serve(live, provider) -> Callable[..., str]:
    """Start the service; its base URL. It is of another site than the issuer, which is at 127.0.0.1."""

    def start(**more: Any) -> str:
        url: str = live(
            **{
                "auth__enabled": True,
                "auth__issuer": provider.url,
                "auth__audience": AUDIENCE,
                "auth__browser_client_id": PAGES[0],
                "auth__browser_client_secret": PAGES[1],
                "auth__browser_scopes": "openid ask offline_access",
                "auth__browser_parameters": {"prompt": "consent", "resource": "urn:plumbline"},
                "auth__browser_issuer_name": "Example ID",
                **more,
            }
        )
        return url.replace("127.0.0.1", "localhost")

    return start


def log_in(page: Page, url: str, provider: OidcProvider, next: str = "/") -> None:
    """From the sign-in page to the issuer's question for consent."""
    page.goto(f"{url}/sign-in?next={next}")
    page.get_by_role("link", name="Sign in with Example ID").click()
    page.wait_for_url(f"{provider.url}/interaction/*")
    page.get_by_placeholder("Enter any login").fill("anna")
    page.get_by_placeholder("and password").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").wait_for()


def cookies(context: BrowserContext, url: str) -> dict[str, Any]:
    return {cookie["name"]: cookie for cookie in context.cookies(url)}


def asked(page: Page, url: str, path: str, body: Any = None) -> list[Any]:
    """Status and text of what a page of the service fetches."""
    page.goto(f"{url}/sign-in")
    found: list[Any] = page.evaluate(ASK, [path, body])
    return found


def test_a_person_signs_in_asks_is_renewed_and_signs_out(
    serve, provider, context, tmp_path: Path
) -> None:
    url, page = serve(), context.new_page()
    log_in(page, url, provider, "/v1/document-sets")
    flow = cookies(context, url)["plumb_flow"]
    assert (flow["httpOnly"], flow["sameSite"]) == (True, "Lax")
    page.get_by_role("button", name="Continue").click()
    # The strict cookie came with the first request after the issuer's site.
    page.wait_for_url(f"{url}/v1/document-sets")
    assert "depot" in page.content()
    kept = cookies(context, url)
    assert "plumb_flow" not in kept
    assert (kept["plumb_sign_in"]["httpOnly"], kept["plumb_sign_in"]["sameSite"]) == (
        True,
        "Strict",
    )

    question = {"question": "How long is the warranty?"}
    status, answer = asked(page, url, "/v1/chat", question)
    assert (status, "citations" in answer) == (200, True)
    assert page.evaluate(STORED) == 0
    assert asked(page, url, "/v1/jobs")[0] == 403

    # The issuer has made her an editor; the next access token says so, twice over.
    with closing(Database(f"sqlite:///{tmp_path / 'store.db'}")) as database:
        for roles, status in ((["editor"], 200), (["reader"], 403)):
            provider.give(roles=roles, groups=["staff"])
            before = stored(database)
            expire(database)
            assert asked(page, url, "/v1/jobs")[0] == status
            assert stored(database) != before  # the refresh token, rotated

        page.goto(f"{url}/sign-in")
        leave(page)
        page.wait_for_url(f"{url}/sign-in?left=issuer")
        assert stored(database) is None
    assert "plumb_sign_in" not in cookies(context, url)
    assert asked(page, url, "/v1/document-sets")[0] == 401

    # The issuer still knows her, until she signs out there too.
    page.goto(f"{url}/sign-in?left=issuer")
    page.get_by_role("link", name="Sign out of Example ID too").click()
    page.wait_for_url(re.compile(re.escape(provider.url)))
    # A page that is left at once would take its request with it.
    with page.expect_response(f"{provider.url}/session/end/confirm"):
        page.get_by_role("button", name="Yes, sign me out").click()
    page.goto(f"{url}/sign-in")
    page.get_by_role("link", name="Sign in with Example ID").click()
    page.get_by_placeholder("Enter any login").wait_for()


def test_consent_denied_and_then_given(serve, provider, context) -> None:
    from playwright.sync_api import expect

    url = serve(auth__browser_client_id="pages-public", auth__browser_client_secret=None)
    page = context.new_page()
    log_in(page, url, provider, "/v1/document-sets")
    page.get_by_role("link", name=re.compile("Cancel")).click()
    expect(page.get_by_role("alert")).to_contain_text("Example ID declined the sign-in")
    assert "plumb_sign_in" not in cookies(context, url)
    # She thinks again: the page still knows where she wanted to go.
    page.get_by_role("link", name="Sign in with Example ID").click()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{url}/v1/document-sets")
    # Back leads to no page that signs in again, or shows an error.
    page.go_back()
    assert "/sign-in/callback" not in page.url


def test_a_refresh_token_that_somebody_else_has_used_ends_the_sign_in(
    serve, provider, context, tmp_path: Path
) -> None:
    url, page = serve(), context.new_page()
    log_in(page, url, provider)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{url}/")
    with closing(Database(f"sqlite:///{tmp_path / 'store.db'}")) as database:
        before = stored(database)
        expire(database)
        assert asked(page, url, "/v1/document-sets")[0] == 200
        with database.session() as session:
            session.execute(text("UPDATE browser_sessions SET renewal = :old"), {"old": before})
        expire(database)
        status, message = asked(page, url, "/v1/document-sets")
        assert (status, "sign in again" in message) == (401, True)
        assert stored(database) is None


def leave(page: Page) -> None:
    """Sign out as the button of every page does."""
    page.evaluate(
        """async () => {
          const form = document.createElement("form");
          form.method = "post"; form.action = "/sign-out"; form.dataset.post = "";
          const button = document.createElement("button");
          form.append(button); document.body.append(form); button.click();
        }"""
    )


def expire(database: Database) -> None:
    """Move the end of the access tokens into the past."""
    past = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=1)
    with database.session() as session:
        session.execute(text("UPDATE browser_sessions SET checked_until = :past"), {"past": past})


def stored(database: Database) -> bytes | None:
    with database.session() as session:
        found: bytes | None = session.scalar(text("SELECT renewal FROM browser_sessions"))
        return found
