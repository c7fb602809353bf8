"""The client for browsers, at an issuer whose answers are hostile."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from pydantic import ValidationError

from app.errors import AccessDenied, IssuerUnavailable, SignInRefused
from app.security.sign_in_flow import Flow
from app.settings.access import AuthSettings
from tests.app.security.code_issuer import CLIENT, REDIRECT, CodeIssuer
from tests.app.security.issuer import running_issuer
from tests.app.security.stalling import stalling


@pytest.fixture
def issuer() -> Iterator[CodeIssuer]:
    with running_issuer(CodeIssuer()) as running:
        yield running


def refusal(issuer: CodeIssuer, **answer: str | None) -> SignInRefused:
    with pytest.raises(SignInRefused) as raised:
        issuer.signed(**answer)
    return raised.value


def test_who_signs_in_is_whom_the_access_token_names(issuer) -> None:
    signed = issuer.signed()
    assert signed.verified.caller == issuer.client().read(issuer.token(client_id=CLIENT)).caller
    assert signed.refresh in issuer.refresh_tokens
    form, _ = issuer.sent[-1]
    assert (form["client_id"], form["redirect_uri"]) == (CLIENT, REDIRECT)
    issuer.refreshes = False
    assert issuer.signed().refresh is None


@pytest.mark.parametrize("methods", [None, ["client_secret_basic"], ["client_secret_post"]])
def test_a_confidential_client_shows_its_secret_as_the_issuer_takes_it(issuer, methods) -> None:
    issuer.more = {"token_endpoint_auth_methods_supported": methods}
    shown = "a word: of a/test"
    issuer.signed(issuer.client({"browser_client_secret": shown}))
    form, headers = issuer.sent[-1]
    if methods == ["client_secret_post"]:
        assert form["client_secret"] == shown
        assert "Authorization" not in headers
    else:
        sent = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
        assert sent == f"{CLIENT}:a%20word%3A%20of%20a%2Ftest"
        assert "client_secret" not in form


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
        ({"at_hash": None, "nonce": "another"}, "nonce"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"exp": 1_700_000_000}, "expired"),
    ],
)
def test_an_id_token_that_is_not_for_this_sign_in_is_refused(issuer, claims, why) -> None:
    issuer.identity = claims
    found = refusal(issuer)
    assert found.reason == "token"
    assert why in str(found)


def test_an_id_token_may_lack_the_hash_and_name_its_client(issuer) -> None:
    issuer.identity = {"at_hash": None, "aud": [CLIENT, "another"], "azp": CLIENT}
    assert issuer.signed()


def test_without_an_id_token_nobody_is_signed_in(issuer) -> None:
    issuer.given = {"id_token": None}
    assert refusal(issuer).reason == "token"


def test_an_id_token_that_anyone_could_sign_is_refused(issuer) -> None:
    client = issuer.client()
    for key, algorithm in ((None, "none"), ("x" * 64, "HS256")):
        flow = Flow.begun(REDIRECT, "/", "")
        answer = issuer.agreed(client.address(flow, "me"))
        forged = jwt.encode(issuer.claims(aud=CLIENT, nonce=flow.nonce), key, algorithm)
        issuer.given = {"id_token": forged}
        with pytest.raises(SignInRefused, match="ID token is not accepted"):
            client.redeem(flow, answer, "me")


def test_the_access_token_is_checked_as_a_bearer_token_is(issuer) -> None:
    for claims in ({"aud": "another"}, {"client_id": "another"}, {"sub": None}, {"nonce": "x"}):
        issuer.access = claims
        with pytest.raises(SignInRefused) as raised:
            issuer.signed(issuer.client({"authorized_parties": [CLIENT]}))
        assert raised.value.reason == "token"
    issuer.access = {"roles": ["cook"]}
    with pytest.raises(AccessDenied, match="'roles'"):
        issuer.signed()


def test_an_answer_of_another_issuer_is_refused(issuer) -> None:
    assert refusal(issuer, iss="https://evil.example").reason == "mixed"
    assert issuer.grants == []
    assert issuer.signed(iss=issuer.url)


def test_an_issuer_that_names_itself_in_answers_always_has_to(issuer) -> None:
    issuer.more = {"authorization_response_iss_parameter_supported": True}
    assert refusal(issuer).reason == "mixed"
    assert issuer.grants == []
    assert issuer.signed(iss=issuer.url)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("access_denied", "declined"),
        ("consent_required", "declined"),
        ("login_required", "unfinished"),
        ("interaction_required", "unfinished"),
        ("temporarily_unavailable", "passing"),
        ("invalid_scope", "setup"),
        ("", "setup"),
    ],
)
def test_errors_of_the_issuer_have_reasons(issuer, error, reason) -> None:
    assert refusal(issuer, error=error, code=None).reason == reason
    assert issuer.grants == []


def test_an_answer_without_code_and_error_is_refused(issuer) -> None:
    assert refusal(issuer, code=None).reason == "setup"
    assert refusal(issuer, code="").reason == "setup"


def test_an_answer_with_another_state_is_refused_before_anything_is_asked(issuer) -> None:
    for state in (None, "", "é", "another"):
        assert refusal(issuer, state=state, error="access_denied").reason == "other"
    assert issuer.grants == []


@pytest.mark.parametrize(
    "more",
    [
        {"authorization_endpoint": "http://evil.example/authorize"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "http://evil.example/token"},
        {"token_endpoint": None},
        {"token_endpoint": "https://[::1"},
        {"issuer": "https://another.example"},
    ],
)
def test_addresses_of_the_issuer_are_https_and_its_own(issuer, more) -> None:
    issuer.more = more
    with pytest.raises(IssuerUnavailable):
        issuer.signed()
    assert issuer.grants == []


def test_an_address_with_a_query_keeps_it(issuer) -> None:
    issuer.more = {"authorization_endpoint": f"{issuer.url}/authorize?realm=a"}
    address = issuer.client().address(Flow.begun(REDIRECT, "/", ""), "me")
    assert parse_qs(urlsplit(address).query)["realm"] == ["a"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((200, []), SignInRefused),
        ((200, None), SignInRefused),
        ((200, {"access_token": 7, "token_type": "bearer"}), SignInRefused),
        ((200, {"access_token": "x"}), SignInRefused),
        ((200, {"access_token": "x", "token_type": "bearer", "id_token": 7}), SignInRefused),
        ((200, {"access_token": "x", "token_type": "mac"}), SignInRefused),
        ((400, {"error": "invalid_grant"}), SignInRefused),
        ((400, {"error": "unauthorized_client"}), SignInRefused),
        ((302, {}), IssuerUnavailable),
        ((400, []), IssuerUnavailable),
        ((400, {"error": ["x"]}), IssuerUnavailable),
        ((401, {"error": "invalid_client"}), IssuerUnavailable),
        ((429, {"error": "x"}), IssuerUnavailable),
        ((500, {"error": "invalid_grant"}), IssuerUnavailable),
    ],
)
def test_whatever_the_token_endpoint_says_has_a_meaning(issuer, answer, expected) -> None:
    issuer.refuses = answer
    for ask in (issuer.signed, lambda: issuer.client().renew("a refresh token", "me")):
        if answer[1] == {"access_token": "x", "token_type": "bearer", "id_token": 7}:
            ask = issuer.signed  # a renewal gives no ID token, and its token is checked later
        with pytest.raises(expected):
            ask()


def test_an_issuer_that_is_slow_or_sends_too_much_is_left_alone_for_a_while(issuer) -> None:
    clock = [0.0]
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n"
    for sent in (b"HTTP/1.1 200 OK\r\n", head + b" " * 1_100_000):
        with stalling(sent) as server:
            issuer.more = {"token_endpoint": f"{server.url}/token"}
            client = issuer.client(clock=lambda: clock[0], deadline_s=0.5)
            with pytest.raises(IssuerUnavailable):
                issuer.signed(client)
        asked = len(issuer.asked)
        with pytest.raises(IssuerUnavailable) as raised:
            client.renew("a refresh token", "me")
        assert raised.value.retry_after_s == 5
        assert len(issuer.asked) == asked
        issuer.more = {}
        clock[0] += 601
        client._deadline_s = 30.0
        assert issuer.signed(client)


def test_an_issuer_that_is_away_for_a_moment_is_still_known(issuer) -> None:
    clock = [0.0]
    client = issuer.client(clock=lambda: clock[0])
    flow = Flow.begun(REDIRECT, "/", "")
    known = client.address(flow, "me")
    clock[0] += 601
    issuer.status = 500
    assert client.address(flow, "me") == known
    clock[0] += 3600
    with pytest.raises(IssuerUnavailable):
        client.address(flow, "me")


def test_a_confidential_client_shows_its_secret_to_revoke_too(issuer) -> None:
    issuer.more = {
        "revocation_endpoint": f"{issuer.url}/revoke",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic"],
    }
    client = issuer.client({"browser_client_secret": "s"})
    assert client.revoke("of-a-test", "me")
    form, headers = issuer.sent[-1]
    assert form == {"token": "of-a-test", "token_type_hint": "refresh_token"}
    shown = base64.b64decode(headers["Authorization"].removeprefix("Basic "))
    assert shown == f"{CLIENT}:s".encode()


def test_the_way_out_is_offered_where_there_is_one(issuer) -> None:
    assert issuer.client().logout_address("me") is None
    issuer.more = {"end_session_endpoint": "https://id.example/out"}
    expected = f"https://id.example/out?client_id={CLIENT}"
    assert issuer.client().logout_address("me") == expected
    issuer.more = {"end_session_endpoint": "javascript:alert(1)"}
    assert issuer.client().logout_address("me") is None
    issuer.status = 500
    assert issuer.client().logout_address("me") is None


def test_settings_that_cannot_work_are_refused() -> None:
    given: dict[str, Any] = {
        "issuer": "https://a.example", "audience": "plumb", "browser_client_id": "web",
    }  # fmt: skip
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
