"""Sign-in at an issuer whose answers, and whose browsers, are hostile."""

from __future__ import annotations

from typing import get_args
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import text

from app.errors import SignInReason
from app.web.pages import Texts
from tests.app.security.code_issuer import CLIENT, REDIRECT
from tests.app.web.oidc import CALLBACK, COOKIE, FLOW, assert_refused, begin, denials, sign_in


def test_a_sign_in_counts_as_a_bearer_token_of_the_same_person_does(serve, issuer) -> None:
    client = serve()
    assert "Sign in with 127.0.0.1" in client.get("/sign-in").text
    done = sign_in(client, issuer)
    assert done.status_code == 200
    assert client.get("/v1/document-sets").status_code == 200
    assert client.get("/v1/jobs").status_code == 403
    issuer.access = {"roles": ["admin"]}
    sign_in(client, issuer)
    assert client.get("/v1/jobs").status_code == 200
    caller = client.app.state.guard.browsers.identify(client.cookies[COOKIE])
    bearer = client.app.state.guard.identify(issuer.token(client_id=CLIENT, roles=["admin"]), "x")
    assert caller == bearer


def test_the_request_to_the_issuer_has_pkce_state_nonce_and_the_operators_parameters(
    serve, issuer
) -> None:
    client = serve(
        auth__browser_scopes="openid  ask",
        auth__browser_parameters={"audience": "https://api.example.org", "resource": "urn:plumb"},
    )
    address = begin(client)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{issuer.url}/authorize?")
    assert (asked["scope"], asked["audience"]) == ("openid ask", "https://api.example.org")
    assert (asked["response_type"], asked["redirect_uri"]) == ("code", REDIRECT)
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) == 43
    again = parse_qs(urlsplit(begin(client)).query)
    assert all(again[name][0] != asked[name] for name in ("state", "nonce", "code_challenge"))
    sign_in(client, issuer)
    form, _ = issuer.sent[-1]
    assert form["resource"] == "urn:plumb"
    assert form["client_id"] == CLIENT


def test_cookies_have_their_attributes(serve, issuer) -> None:
    client = serve(browser__hosts=["plumb.example.org"])
    led = client.get("/sign-in/start")
    flow = led.headers["set-cookie"]
    for part in (f"{FLOW}=", "HttpOnly", "SameSite=lax", "Path=/", "Max-Age=600"):
        assert part in flow
    assert "Secure" not in flow
    done = client.get(CALLBACK, params=issuer.agreed(led.headers["location"]))
    session, gone = done.headers.get_list("set-cookie")
    for part in (f"{COOKIE}=", "HttpOnly", "SameSite=strict", "Path=/"):
        assert part in session
    assert gone.startswith(f'{FLOW}=""')
    assert done.headers["referrer-policy"] == "no-referrer"
    assert done.headers["cache-control"] == "no-store"
    client.base_url = "http://plumb.example.org"
    led = client.get("/sign-in/start")
    assert led.headers["set-cookie"].startswith(f"__Host-{FLOW}=")
    assert "Secure" in led.headers["set-cookie"]
    asked = parse_qs(urlsplit(led.headers["location"]).query)
    # A proxy ends TLS: browsers come by HTTPS all the same.
    assert asked["redirect_uri"] == [f"https://plumb.example.org{CALLBACK}"]


def test_sign_in_leads_to_no_other_site_and_not_in_circles(serve, issuer) -> None:
    client = serve()
    for next in (
        "https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)",
        "/a?b=c#d", "/sign-in/start", "/sign-in", '/"><script>',
    ):  # fmt: skip
        client.cookies.clear()
        assert 'content="0; url=/"' in sign_in(client, issuer, next).text, next


def test_sign_in_leads_back(serve, issuer) -> None:
    done = sign_in(serve(), issuer, "/admin/jobs")
    assert 'content="0; url=/admin/jobs"' in done.text


def test_an_answer_to_another_browsers_sign_in_signs_nobody_in(serve, issuer, database) -> None:
    client = serve()
    attackers = issuer.agreed(begin(client))
    client.cookies.clear()
    assert_refused(client.get(CALLBACK, params=attackers), "was already completed")
    own = issuer.agreed(begin(client))
    crossed = client.get(CALLBACK, params={**own, "state": attackers["state"]})
    assert_refused(crossed, "started in another browser")
    for state in ({}, {"state": ""}):
        without = {name: value for name, value in own.items() if name != "state"}
        assert_refused(
            client.get(CALLBACK, params={**without, **state}), "started in another browser"
        )
    # An answer that somebody else sends along does not end what this browser has begun.
    assert client.get(CALLBACK, params=own).status_code == 200
    assert len(denials(database)) == 4


def test_a_code_of_another_sign_in_does_not_count(serve, issuer) -> None:
    """PKCE: the code was given for another challenge."""
    client = serve()
    stolen = issuer.agreed(begin(client))["code"]
    own = issuer.agreed(begin(client))
    response = client.get(CALLBACK, params={**own, "code": stolen})
    assert_refused(response, "no longer accepts this sign-in")
    assert COOKIE not in client.cookies


def test_an_answer_counts_once(serve, issuer) -> None:
    client = serve()
    answer = issuer.agreed(begin(client))
    kept = client.cookies[FLOW]
    assert client.get(CALLBACK, params=answer).status_code == 200
    assert_refused(client.get(CALLBACK, params=answer), "was already completed")
    client.cookies.set(FLOW, kept, domain="localhost.local")
    assert_refused(client.get(CALLBACK, params=answer), "no longer accepts this sign-in")


def test_who_has_no_role_hears_so(serve, issuer, database) -> None:
    issuer.access = {"roles": ["cook"]}
    assert_refused(sign_in(serve(), issuer), "have no role here", 403)
    assert "'roles'" in denials(database)[-1]


def test_errors_of_the_issuer_are_reported_in_our_words(serve, issuer, database) -> None:
    client = serve()
    for error, message, status in (
        ("access_denied", "declined the sign-in", 401),
        ("login_required", "needs another step", 401),
        ("temporarily_unavailable", "cannot be reached right now", 401),
        ("<script>alert(1)</script>", "Tell an administrator", 401),
    ):
        state = issuer.agreed(begin(client, "/admin/jobs"))["state"]
        answer = {"error": error, "error_description": "words of theirs\n<b>", "state": state}
        page = client.get(CALLBACK, params=answer)
        assert_refused(page, message, status)
        assert "words of theirs" not in page.text
        assert "alert(1)" not in page.text
        assert "words of theirs" in denials(database)[-1]
        # The next attempt still leads where the person wanted to go.
        assert 'href="/sign-in/start?next=/admin/jobs"' in page.text


def test_every_reason_has_its_text() -> None:
    texts = Texts("en")
    for reason in (*get_args(SignInReason), "no_role"):
        assert texts(f"sign_in.refused.{reason}", issuer="Example")


def test_failures_are_counted(serve, issuer, database) -> None:
    client = serve(limits__failures_per_minute=3)
    for _ in range(3):
        assert_refused(
            client.get(CALLBACK, params={"code": "x", "state": "y"}), "was already completed"
        )
    assert_refused(client.get(CALLBACK, params={"code": "x", "state": "y"}), "failed attempts", 429)
    assert len(denials(database)) == 3
    # Nobody is shut out by somebody else's attempts.
    assert sign_in(client, issuer).status_code == 200


def test_a_sign_in_gives_a_new_token_and_ends_the_one_before(serve, issuer, make_key) -> None:
    client = serve()
    tokens = []
    for _ in range(2):
        sign_in(client, issuer)
        tokens.append(client.cookies[COOKIE])
    client.post("/sign-in", data={"key": make_key()})
    tokens.append(client.cookies[COOKIE])
    sign_in(client, issuer)
    tokens.append(client.cookies[COOKIE])
    assert len(set(tokens)) == 4
    statuses = []
    for token in tokens:
        client.cookies.clear()
        client.cookies.set(COOKIE, token, domain="localhost.local")
        statuses.append(client.get("/v1/document-sets").status_code)
    assert statuses == [401, 401, 401, 200]


def test_a_token_that_a_browser_was_given_before_does_not_become_a_sign_in(serve, issuer) -> None:
    client = serve()
    planted = "A" * 43
    client.cookies.set(COOKIE, planted, domain="localhost.local")
    sign_in(client, issuer)
    assert planted not in [cookie.value for cookie in client.cookies.jar]


def test_no_token_reaches_a_page_an_address_the_log_or_the_database(
    serve, issuer, database, caplog
) -> None:
    caplog.set_level("DEBUG")
    client = serve()
    done = sign_in(client, issuer)
    form, _ = issuer.sent[-1]
    secrets = [form["code"], form["code_verifier"], *issuer.refresh_tokens, client.cookies[COOKIE]]
    assert_refused(
        client.get(CALLBACK, params={"code": "a-code-that-is-kept", "state": "y"}),
        "was already completed",
    )
    with database.session() as session:
        stored = str(session.execute(text("SELECT * FROM browser_sessions")).all())
    ours = [record for record in caplog.records if record.name.startswith("app")]
    logged = "\n".join(record.getMessage() for record in ours)
    for secret in secrets:
        assert secret not in done.text
        assert secret not in stored
        assert secret not in logged
    assert "eyJ" not in done.text + stored + logged
    assert "a-code-that-is-kept" not in logged


def test_the_callback_is_not_traced() -> None:
    from opentelemetry.util.http import parse_excluded_urls

    from app.telemetry.setup import NOT_TRACED

    excluded = parse_excluded_urls(NOT_TRACED)
    assert excluded.url_disabled(f"http://localhost{CALLBACK}?code=x")
    assert not excluded.url_disabled("http://localhost/sign-in")


def test_an_issuer_that_is_away_is_reported_and_counts_for_nobody(serve, issuer, database) -> None:
    client = serve()
    answer = issuer.agreed(begin(client))
    issuer.refuses = 503, None
    page = client.get(CALLBACK, params=answer)
    assert_refused(page, "cannot be reached right now", 503)
    assert page.headers["retry-after"]
    assert denials(database) == []


def test_sign_in_cannot_start_where_the_issuer_is_away(serve, issuer) -> None:
    client = serve()
    issuer.status = 500
    assert_refused(client.get("/sign-in/start"), "cannot be reached right now", 503)
    # For a few seconds it is not asked again.
    asked = len(issuer.asked)
    assert_refused(client.get("/sign-in/start"), "cannot be reached right now", 503)
    assert len(issuer.asked) == asked


def test_nobody_signs_in_where_no_client_is_configured(serve_pages, serve, issuer) -> None:
    for client in (
        serve_pages(auth__enabled=True),
        serve(auth__enabled=False),
        serve(auth__browser_client_id=None),
    ):
        assert client.get("/sign-in/start").headers["location"] == "/sign-in"
        assert client.get(CALLBACK).headers["location"] == "/sign-in"
        assert "/sign-in/start" not in client.get("/sign-in").text
