"""A session that a sign-in at an issuer began: renewed there, and ended by sign-out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.errors import SignInRefused
from app.security.browser_sessions import _hidden, _shown, digest_of
from tests.app.security.code_issuer import CLIENT
from tests.app.web.oidc import CALLBACK, COOKIE, begin, sign_in
from tests.oidc.running import AUDIENCE as REAL_AUDIENCE
from tests.oidc.running import PAGES, missing, oidc_provider


def test_a_renewal_over_the_api(serve, issuer, database) -> None:
    client = serve()
    sign_in(client, issuer)
    past = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=1)

    def expire() -> None:
        with database.session() as session:
            session.execute(text("UPDATE browser_sessions SET checked_until = :at"), {"at": past})

    issuer.access = {"roles": ["editor"]}
    expire()
    assert client.get("/v1/jobs").status_code == 200
    issuer.refuses = 503, None
    expire()
    away = client.get("/v1/jobs")
    assert (away.status_code, away.headers["retry-after"]) == (503, "5")
    issuer.refuses = 400, {"error": "invalid_grant", "error_description": "words of theirs"}
    over = client.get("/v1/jobs")
    assert over.status_code == 401
    assert "sign in again" in over.json()["detail"]
    assert "words of theirs" not in over.text


@pytest.mark.parametrize(
    ("endpoint", "status", "forgets"),
    [
        ("{}/revoke", 200, True),
        ("{}/revoke", 503, True),
        ("http://127.0.0.1:1/revoke", 200, False),
        ("javascript:alert(1)", 200, False),
        (None, 200, False),
    ],
)
def test_sign_out_revokes_the_refresh_token_where_the_issuer_offers_it(
    serve, issuer, caplog, endpoint, status, forgets
) -> None:
    issuer.more = {"revocation_endpoint": endpoint and endpoint.format(issuer.url)}
    issuer.revokes = status
    client = serve()
    sign_in(client, issuer)
    (refresh,) = issuer.refresh_tokens
    csrf = client.get("/sign-in").text.partition('csrf-token" content="')[2].partition('"')[0]
    copied = client.cookies[COOKIE]
    done = client.post("/sign-out", headers={"X-CSRF-Token": csrf})
    assert done.status_code == 303
    assert (issuer.refresh_tokens == set()) == forgets
    if forgets:
        form, _ = issuer.sent[-1]
        assert form == {"token": refresh, "token_type_hint": "refresh_token", "client_id": CLIENT}
    # Whatever the issuer did, the person is signed out, and can sign in again at once.
    client.cookies.set(COOKIE, copied, domain="localhost.local")
    assert client.get("/v1/document-sets").status_code == 401
    client.cookies.clear()
    assert sign_in(client, issuer).status_code == 200
    assert refresh not in caplog.text


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_a_certified_issuer_forgets_the_refresh_token_at_sign_out(serve_pages) -> None:
    with oidc_provider() as provider:
        client = serve_pages(
            auth__enabled=True,
            auth__issuer=provider.url,
            auth__audience=REAL_AUDIENCE,
            auth__browser_client_id=PAGES[0],
            auth__browser_client_secret=PAGES[1],
            auth__browser_scopes="openid ask offline_access",
            auth__browser_parameters={"prompt": "consent", "resource": "urn:plumbline"},
        )
        answer = provider.answer_to(begin(client), "anna")
        assert client.get(CALLBACK, params=answer).status_code == 200
        guard = client.app.state.guard  # type: ignore[attr-defined]
        token = client.cookies[COOKIE]
        refresh = _shown(token, guard.browsers._find(token).renewal)
        # Until then it counts; with each use the issuer gives another one.
        refresh = guard.issuer.renew(refresh, "me").refresh
        guard.browsers._change(digest_of(token), renewal=_hidden(token, refresh))
        csrf = client.get("/sign-in").text.partition('csrf-token" content="')[2].partition('"')[0]
        assert client.post("/sign-out", headers={"X-CSRF-Token": csrf}).status_code == 303
        with pytest.raises(SignInRefused, match="invalid_grant"):
            guard.issuer.renew(refresh, "me")


def test_sign_out_ends_the_session_and_offers_to_leave_the_issuer(serve, issuer) -> None:
    issuer.more = {"end_session_endpoint": f"{issuer.url}/leave"}
    client = serve()
    sign_in(client, issuer)
    copied = client.cookies[COOKIE]
    page = client.get("/sign-in").text
    assert "/leave" not in page
    csrf = page.partition('csrf-token" content="')[2].partition('"')[0]
    assert client.post("/sign-out").status_code == 403
    done = client.post("/sign-out", headers={"X-CSRF-Token": csrf})
    assert done.headers["location"] == "/sign-in?left=issuer"
    left = client.get(done.headers["location"]).text
    assert f'href="{issuer.url}/leave?client_id={CLIENT}"' in left
    client.cookies.set(COOKIE, copied, domain="localhost.local")
    assert client.get("/v1/document-sets").status_code == 401
