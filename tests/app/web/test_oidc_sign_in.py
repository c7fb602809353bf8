"""Sign-in at an issuer whose answers, and whose browsers, are hostile."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError
from sqlalchemy import text

from app.errors import AccessDenied, IssuerUnavailable, NotAuthenticated
from app.security.audit import Audit
from app.security.browser_sessions import MOST_OF_ONE, BrowserSessions
from app.security.issuer_client import IssuerClient, Signed
from app.security.keys import Keys
from app.security.sign_in_flow import Flow, SealedFlows
from app.security.signing_keys import SigningKeys
from app.security.tokens import Tokens
from app.settings.access import AuthSettings
from app.store.database import Database
from app.web.pages import Texts
from tests.app.security.issuer import AUDIENCE, running_issuer
from tests.app.security.stalling import stalling
from tests.app.web.code_issuer import CLIENT, CodeIssuer

COOKIE, FLOW = "plumb_sign_in", "plumb_flow"
CALLBACK = "/sign-in/callback"
REDIRECT = f"http://localhost{CALLBACK}"


@pytest.fixture
def issuer() -> Iterator[CodeIssuer]:
    with running_issuer(CodeIssuer()) as running:
        yield running


@pytest.fixture
def serve(serve_pages, issuer) -> Callable[..., TestClient]:
    def start(**more: Any) -> TestClient:
        return serve_pages(
            **{
                "auth__enabled": True,
                "auth__issuer": issuer.url,
                "auth__audience": AUDIENCE,
                "auth__browser_client_id": CLIENT,
                **more,
            }
        )

    return start


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(f"sqlite:///{tmp_path / 'store.db'}")) as opened:
        opened.migrate()
        yield opened


def begin(client, next: str = "/") -> str:
    """Where the browser is led."""
    led = client.get("/sign-in/start", params={"next": next})
    assert led.status_code == 303, led.text
    return led.headers["location"]


def sign_in(client, issuer: CodeIssuer, next: str = "/"):
    return client.get(CALLBACK, params=issuer.agreed(begin(client, next)))


def refused(response, text: str, status: int = 401) -> None:
    """Check that a page says in words why there is no sign-in, and that there is none."""
    assert response.status_code == status, response.text
    assert text in response.text
    assert 'role="alert"' in response.text
    assert f"{COOKIE}=" not in response.headers.get("set-cookie", "")


def denials(database: Database) -> list[str]:
    return [
        entry.detail["why"] for entry in Audit(database).entries() if entry.action == "authenticate"
    ]


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


@pytest.mark.parametrize("methods", [None, ["client_secret_basic"], ["client_secret_post"]])
def test_a_confidential_client_shows_its_secret_as_the_issuer_takes_it(
    serve, issuer, methods
) -> None:
    issuer.more = {"token_endpoint_auth_methods_supported": methods}
    client = serve(auth__browser_client_secret="a secret: of a/test")
    assert sign_in(client, issuer).status_code == 200
    form, headers = issuer.sent[-1]
    if methods == ["client_secret_post"]:
        assert form["client_secret"] == "a secret: of a/test"
        assert "Authorization" not in headers
    else:
        shown = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
        assert shown == f"{CLIENT}:a%20secret%3A%20of%20a%2Ftest"
        assert "client_secret" not in form


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


def test_a_redirect_uri_can_be_set(serve, issuer) -> None:
    address = f"https://plumb.example.org{CALLBACK}"
    asked = parse_qs(urlsplit(begin(serve(auth__browser_redirect_uri=address))).query)
    assert asked["redirect_uri"] == [address]


@pytest.mark.parametrize(
    "next",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)",
     "/a?b=c", "/sign-in/start", "/sign-in", '/"><script>'],
)  # fmt: skip
def test_sign_in_leads_to_no_other_site_and_not_in_circles(serve, issuer, next) -> None:
    done = sign_in(serve(), issuer, next)
    assert 'content="0; url=/"' in done.text


def test_sign_in_leads_back(serve, issuer) -> None:
    done = sign_in(serve(), issuer, "/admin/jobs")
    assert 'content="0; url=/admin/jobs"' in done.text


def test_an_answer_to_another_browsers_sign_in_signs_nobody_in(serve, issuer, database) -> None:
    client = serve()
    attackers = issuer.agreed(begin(client))
    client.cookies.clear()
    refused(client.get(CALLBACK, params=attackers), "is over already")
    own = issuer.agreed(begin(client))
    crossed = client.get(CALLBACK, params={**own, "state": attackers["state"]})
    refused(crossed, "not begun in this browser")
    for state in ({}, {"state": ""}):
        without = {name: value for name, value in own.items() if name != "state"}
        refused(client.get(CALLBACK, params={**without, **state}), "not begun in this browser")
    # An answer that somebody else sends along does not end what this browser has begun.
    assert client.get(CALLBACK, params=own).status_code == 200
    assert len(denials(database)) == 4


def test_a_code_of_another_sign_in_does_not_count(serve, issuer) -> None:
    """PKCE: the code was given for another challenge."""
    client = serve()
    stolen = issuer.agreed(begin(client))["code"]
    own = issuer.agreed(begin(client))
    refused(client.get(CALLBACK, params={**own, "code": stolen}), "any more. Sign in again")


def test_an_answer_counts_once(serve, issuer) -> None:
    client = serve()
    answer = issuer.agreed(begin(client))
    kept = client.cookies[FLOW]
    assert client.get(CALLBACK, params=answer).status_code == 200
    refused(client.get(CALLBACK, params=answer), "is over already")
    client.cookies.set(FLOW, kept, domain="localhost.local")
    refused(client.get(CALLBACK, params=answer), "any more. Sign in again")


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"nonce": 7}, "nonce"),
        ({"aud": "another-client"}, "Audience"),
        ({"aud": [CLIENT, "another-client"]}, "azp"),
        ({"azp": "another-client"}, "azp"),
        ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "at_hash"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"exp": 1_700_000_000}, "expired"),
    ],
)
def test_an_id_token_that_is_not_for_this_sign_in_is_refused(
    serve, issuer, database, claims, why
) -> None:
    issuer.identity = claims
    refused(sign_in(serve(), issuer), "does not count here")
    assert why in denials(database)[-1]


def test_without_an_id_token_nobody_is_signed_in(serve, issuer) -> None:
    issuer.given = {"id_token": None}
    refused(sign_in(serve(), issuer), "does not count here")


def test_an_id_token_that_anyone_could_sign_is_refused(serve, issuer) -> None:
    client = serve()
    address = begin(client)
    nonce = parse_qs(urlsplit(address).query)["nonce"][0]
    claims = issuer.claims(aud=CLIENT, nonce=nonce)
    for forged in (
        jwt.encode(claims, None, "none"),
        jwt.encode(claims, issuer.public_pem("one")[:200], "HS256"),
    ):
        issuer.given = {"id_token": forged}
        refused(client.get(CALLBACK, params=issuer.agreed(address)), "does not count here")
        address = begin(client)


def test_the_access_token_is_checked_as_a_bearer_token_is(serve, issuer) -> None:
    client = serve(auth__authorized_parties=[CLIENT])
    for claims in ({"aud": "another"}, {"client_id": "another"}, {"sub": None}, {"nonce": "x"}):
        issuer.access = claims
        refused(sign_in(client, issuer), "does not count here")
    issuer.access = {}
    assert sign_in(client, issuer).status_code == 200


def test_who_has_no_role_hears_so(serve, issuer, database) -> None:
    issuer.access = {"roles": ["cook"]}
    refused(sign_in(serve(), issuer), "have no role here", 403)
    assert "'roles'" in denials(database)[-1]


def test_an_answer_of_another_issuer_is_refused(serve, issuer) -> None:
    client = serve()
    mixed = {**issuer.agreed(begin(client)), "iss": "https://evil.example"}
    refused(client.get(CALLBACK, params=mixed), "did not come from 127.0.0.1")
    assert issuer.grants == []


def test_an_issuer_that_names_itself_in_answers_always_has_to(serve, issuer) -> None:
    issuer.more = {"authorization_response_iss_parameter_supported": True}
    client = serve()
    answer = issuer.agreed(begin(client))
    refused(client.get(CALLBACK, params=answer), "did not come from 127.0.0.1")
    assert issuer.grants == []
    named = {**issuer.agreed(begin(client)), "iss": issuer.url}
    assert client.get(CALLBACK, params=named).status_code == 200


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("access_denied", "was declined"),
        ("login_required", "needs something of you"),
        ("interaction_required", "needs something of you"),
        ("temporarily_unavailable", "cannot be reached right now"),
        ("invalid_scope", "Tell an administrator"),
        ("<script>alert(1)</script>", "Tell an administrator"),
    ],
)
def test_errors_of_the_issuer_are_told_in_our_words(serve, issuer, database, error, told) -> None:
    client = serve()
    state = issuer.agreed(begin(client))["state"]
    answer = {"error": error, "error_description": "words of theirs\n<b>", "state": state}
    page = client.get(CALLBACK, params=answer)
    refused(page, told)
    assert "words of theirs" not in page.text
    assert "alert(1)" not in page.text
    assert "words of theirs" in denials(database)[-1]


def test_an_answer_without_code_and_error_is_refused(serve, issuer) -> None:
    client = serve()
    state = issuer.agreed(begin(client))["state"]
    refused(client.get(CALLBACK, params={"state": state}), "Tell an administrator")


def test_a_sign_in_takes_ten_minutes_at_most(database) -> None:
    now = [datetime.now(UTC)]
    flows = SealedFlows(database, lambda: now[0])
    flow = Flow.begun(REDIRECT, "/", "")
    cookie = flows.sealed(flow)
    now[0] += timedelta(minutes=9, seconds=59)
    assert flows.opened(cookie) == flow
    now[0] += timedelta(seconds=1)
    assert flows.opened(cookie) is None


def test_what_the_browser_keeps_is_sealed_and_any_process_opens_it(database) -> None:
    flow = Flow.begun(REDIRECT, "/", "")
    cookie = SealedFlows(database).sealed(flow)
    assert SealedFlows(database).opened(cookie) == flow
    shown = base64.urlsafe_b64decode(cookie)
    assert not any(secret.encode() in shown for secret in (flow.state, flow.nonce, flow.verifier))
    changed = base64.urlsafe_b64encode(shown[:-1] + bytes([shown[-1] ^ 1])).decode()
    for hostile in (changed, "", "x", "é", "=" * 8, cookie[:40], "A" * 9000):
        assert SealedFlows(database).opened(hostile) is None


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path / 'shared.db'}")) as database:
        database.migrate()
        flows = [SealedFlows(database) for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            cookies = list(pool.map(lambda one: one.sealed(Flow.begun(REDIRECT, "/", "")), flows))
        assert all(one.opened(cookie) for one in flows for cookie in cookies)


def test_failures_are_counted(serve, issuer, database) -> None:
    client = serve(limits__failures_per_minute=3)
    for _ in range(3):
        refused(client.get(CALLBACK, params={"code": "x", "state": "y"}), "is over already")
    refused(client.get(CALLBACK, params={"code": "x", "state": "y"}), "failed attempts", 429)
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
    refused(client.get(CALLBACK, params={"code": "a-code-that-is-kept", "state": "y"}), "over")
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


def test_an_issuer_that_is_away_is_told_and_counts_for_nobody(serve, issuer, database) -> None:
    client = serve()
    answer = issuer.agreed(begin(client))
    issuer.refuses = 503, None
    page = client.get(CALLBACK, params=answer)
    refused(page, "cannot be reached right now", 503)
    assert page.headers["retry-after"]
    assert denials(database) == []


def test_sign_in_cannot_start_where_the_issuer_is_away(serve, issuer) -> None:
    client = serve()
    issuer.status = 500
    refused(client.get("/sign-in/start"), "cannot be reached right now", 503)
    # For a few seconds it is not asked again.
    asked = len(issuer.asked)
    refused(client.get("/sign-in/start"), "cannot be reached right now", 503)
    assert len(issuer.asked) == asked


@pytest.mark.parametrize(
    "more",
    [
        {"authorization_endpoint": "http://evil.example/authorize"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"issuer": "https://another.example"},
    ],
)
def test_addresses_of_the_issuer_are_https_and_its_own(serve, issuer, more) -> None:
    issuer.more = more
    refused(serve().get("/sign-in/start"), "cannot be reached right now", 503)


def test_a_token_endpoint_that_is_not_https_gets_no_code(serve, issuer) -> None:
    issuer.more = {"token_endpoint": "http://evil.example/token"}
    refused(sign_in(serve(), issuer), "cannot be reached right now", 503)


@pytest.mark.parametrize(
    "answer",
    [
        (200, []), (200, None), (200, {"access_token": 7}), (200, {"access_token": "x"}),
        (200, {"token_type": "mac", "access_token": "x"}), (302, {}), (400, []),
        (400, {"error": ["x"]}), (401, {"error": "invalid_client"}), (500, "x"),
    ],
)  # fmt: skip
def test_whatever_the_token_endpoint_says_is_no_failure_of_ours(serve, issuer, answer) -> None:
    issuer.refuses = answer
    page = sign_in(serve(), issuer)
    assert page.status_code in (401, 503)
    assert 'role="alert"' in page.text


def test_an_issuer_that_answers_too_slowly_or_too_much_is_left(issuer) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n"
    for sent in (b"HTTP/1.1 200 OK\r\n", head + b" " * 1_100_000):
        with stalling(sent) as server:
            issuer.more = {"token_endpoint": f"{server.url}/token"}
            client = client_of(issuer, deadline_s=0.5)
            flow = Flow.begun(REDIRECT, "/", "")
            answer = issuer.agreed(client.address(flow, "me"))
            with pytest.raises(IssuerUnavailable):
                client.redeem(flow, answer, "me")


def test_nobody_signs_in_where_no_client_is_configured(serve_pages, serve, issuer) -> None:
    for client in (
        serve_pages(auth__enabled=True),
        serve(auth__enabled=False),
        serve(auth__browser_client_id=None),
    ):
        assert client.get("/sign-in/start").headers["location"] == "/sign-in"
        assert client.get(CALLBACK).headers["location"] == "/sign-in"
        assert "/sign-in/start" not in client.get("/sign-in").text


def test_settings_that_cannot_work_are_refused() -> None:
    given = {"issuer": "https://a.example", "audience": "plumb", "browser_client_id": "web"}
    assert AuthSettings(**given).issuer_name == "a.example"
    for more, why in (
        ({"issuer": None}, "needs issuer"),
        ({"authorized_parties": ["ci"]}, "must name browser_client_id"),
        ({"browser_scopes": "profile"}, "openid"),
        ({"browser_parameters": {"state": "x"}}, "state"),
        ({"browser_redirect_uri": "http://plumb.example.org/sign-in/callback"}, "https"),
        ({"browser_redirect_uri": "https://plumb.example.org/"}, "must end in"),
    ):
        with pytest.raises(ValidationError, match=why):
            AuthSettings(**{**given, **more})


def test_every_reason_has_its_text() -> None:
    texts = Texts("en")
    source = Path("app/security/issuer_client.py").read_text("utf-8")
    for reason in ("declined", "unfinished", "expired", "other", "mixed", "again", "setup",
                   "token", "no_role", "passing"):  # fmt: skip
        assert texts(f"sign_in.refused.{reason}", issuer="Example")
        assert reason in ("expired", "no_role") or f'"{reason}"' in source


# Sessions.


def client_of(issuer: CodeIssuer, **more: Any) -> IssuerClient:
    settings = AuthSettings(issuer=issuer.url, audience=AUDIENCE, browser_client_id=CLIENT)
    tokens = Tokens(settings, SigningKeys(issuer.url, None))
    return IssuerClient(settings, tokens, **more)


class Signing:
    """Sessions of several processes on one database, and their clock."""

    def __init__(self, database: Database, issuer: CodeIssuer) -> None:
        self.database, self.issuer = database, issuer
        self.now = datetime.now(UTC)

    def process(self) -> BrowserSessions:
        client = client_of(self.issuer)
        return BrowserSessions(self.database, Keys(self.database), 12, client, lambda: self.now)

    def signed_in(self) -> str:
        client, flow = client_of(self.issuer), Flow.begun(REDIRECT, "/", "")
        signed = client.redeem(flow, self.issuer.agreed(client.address(flow, "me")), "me")
        return self.process().begin_at_issuer(signed)

    def expire(self) -> None:
        """The access tokens are over; the issuer's next ones hold longer."""
        self.now += timedelta(seconds=301)
        self.issuer.access = {**self.issuer.access, "exp": int(self.now.timestamp()) + 300}


@pytest.fixture
def signing(database, issuer) -> Signing:
    return Signing(database, issuer)


def test_roles_and_groups_follow_the_issuer_within_one_access_token(signing, issuer) -> None:
    token, process = signing.signed_in(), signing.process()
    assert process.identify(token).groups == {"finance"}
    issuer.access = {"groups": ["hr"], "roles": ["editor"]}
    asked = len(issuer.asked)
    assert process.identify(token).groups == {"finance"}
    assert len(issuer.asked) == asked
    signing.expire()
    caller = process.identify(token)
    assert (caller.role, caller.groups) == ("editor", {"hr"})
    asked = len(issuer.asked)
    assert process.identify(token) == caller
    assert len(issuer.asked) == asked
    # The refresh token was another one then: each counts once.
    signing.expire()
    assert process.identify(token) == caller
    assert issuer.grants == ["authorization_code", "refresh_token", "refresh_token"]


def test_a_refresh_token_that_stays_the_same_is_used_again(signing, issuer) -> None:
    token = signing.signed_in()
    kept = next(iter(issuer.refresh_tokens))
    issuer.given = {"refresh_token": None}
    for _ in range(2):
        signing.expire()
        issuer.refresh_tokens = {kept}
        assert signing.process().identify(token)
        assert issuer.sent[-1][0]["refresh_token"] == kept


def test_processes_renew_a_session_once(signing, issuer) -> None:
    token = signing.signed_in()
    signing.expire()
    processes = [signing.process() for _ in range(4)]
    ready = threading.Barrier(8)

    def identify(number: int) -> Any:
        ready.wait()
        return processes[number % 4].identify(token)

    with ThreadPoolExecutor(8) as pool:
        callers = list(pool.map(identify, range(8)))
    assert len(set(callers)) == 1
    assert issuer.grants.count("refresh_token") == 1


def test_a_process_that_died_while_it_renewed_holds_nobody_up(signing, issuer, database) -> None:
    token = signing.signed_in()
    signing.expire()
    with database.session() as session:
        session.execute(
            text("UPDATE browser_sessions SET renewing_until = :until"),
            {"until": signing.now.replace(tzinfo=None) - timedelta(seconds=1)},
        )
    assert signing.process().identify(token)


def test_a_renewal_that_the_issuer_refuses_ends_the_session(signing, issuer, database) -> None:
    token = signing.signed_in()
    signing.expire()
    issuer.refresh_tokens.clear()
    for _ in range(2):
        with pytest.raises(NotAuthenticated, match="sign in again"):
            signing.process().identify(token)
    with database.session() as session:
        assert session.scalar(text("SELECT count(*) FROM browser_sessions")) == 0
    assert issuer.grants.count("refresh_token") == 1


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"roles": []}, AccessDenied),
        ({"sub": "somebody else"}, NotAuthenticated),
        ({"aud": "another"}, NotAuthenticated),
    ],
)
def test_a_renewal_with_a_token_that_does_not_count_ends_the_session(
    signing, issuer, claims, error
) -> None:
    token = signing.signed_in()
    issuer.access = claims
    signing.expire()
    with pytest.raises(error):
        signing.process().identify(token)
    with pytest.raises(NotAuthenticated, match="sign in again"):
        signing.process().identify(token)


@pytest.mark.parametrize("answer", [(503, None), (429, {}), (401, {"error": "invalid_client"})])
def test_an_issuer_that_is_away_ends_no_session(signing, issuer, answer) -> None:
    token = signing.signed_in()
    signing.expire()
    issuer.refuses = answer
    process = signing.process()
    with pytest.raises(IssuerUnavailable) as told:
        process.identify(token)
    assert told.value.retry_after_s
    issuer.refuses = None
    assert process.identify(token).groups == {"finance"}


def test_a_rotated_refresh_token_is_kept_where_the_access_token_cannot_be_checked(
    signing, issuer
) -> None:
    token = signing.signed_in()
    signing.expire()
    # This process has no keys yet, and cannot get them while the discovery of its client works.
    settings = AuthSettings(issuer=issuer.url, audience=AUDIENCE, browser_client_id=CLIENT)
    away = SigningKeys(issuer.url, "http://127.0.0.1:9/keys")
    client = IssuerClient(settings, Tokens(settings, away))
    process = BrowserSessions(
        signing.database, Keys(signing.database), 12, client, lambda: signing.now
    )
    with pytest.raises(IssuerUnavailable):
        process.identify(token)
    assert issuer.grants.count("refresh_token") == 1
    assert signing.process().identify(token).groups == {"finance"}


def test_without_a_refresh_token_the_session_ends_with_the_access_token(signing, issuer) -> None:
    issuer.refreshes = False
    token = signing.signed_in()
    assert signing.process().identify(token)
    signing.expire()
    with pytest.raises(NotAuthenticated, match="sign in again"):
        signing.process().identify(token)
    assert issuer.grants == ["authorization_code"]


def test_a_session_ends_after_its_hours_however_long_the_issuer_renews_it(signing, issuer) -> None:
    issuer.access = {"exp": 10**30}
    token = signing.signed_in()
    signing.now += timedelta(hours=11, minutes=59)
    assert signing.process().identify(token)
    signing.now += timedelta(minutes=1)
    with pytest.raises(NotAuthenticated, match="sign in again"):
        signing.process().identify(token)


def test_who_reads_the_database_has_no_refresh_token(signing, issuer, database) -> None:
    token = signing.signed_in()
    with database.session() as session:
        digest, renewal = session.execute(
            text("SELECT digest, renewal FROM browser_sessions")
        ).one()
    assert next(iter(issuer.refresh_tokens)).encode() not in renewal
    # Nor does one session's row give another its refresh token.
    other = signing.signed_in()
    with database.session() as session:
        session.execute(
            text("UPDATE browser_sessions SET renewal = :renewal WHERE digest != :digest"),
            {"renewal": renewal, "digest": digest},
        )
    signing.expire()
    with pytest.raises(NotAuthenticated):
        signing.process().identify(other)
    assert signing.process().identify(token)


def test_sessions_at_the_issuer_are_bounded_too(signing, database, issuer) -> None:
    client, flow = client_of(issuer), Flow.begun(REDIRECT, "/", "")
    signed = client.redeem(flow, issuer.agreed(client.address(flow, "me")), "me")
    for _ in range(MOST_OF_ONE + 2):
        signing.process().begin_at_issuer(Signed(signed.verified, signed.refresh))
    with database.session() as session:
        assert session.scalar(text("SELECT count(*) FROM browser_sessions")) == MOST_OF_ONE


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
