"""Which tokens of an issuer pass, and everything that must not."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import ValidationError

from app.errors import NotAuthenticated
from app.security.tokens import Tokens
from app.settings.access import AuthSettings
from tests.app.security.issuer import Issuer
from tests.app.security.reading import Clock, reading, signed_by_another, unsigned


def tampered(issuer: Issuer) -> str:
    head, _, signature = issuer.token().split(".")
    return f"{head}.{unsigned(issuer.claims(roles=['admin']), {}).split('.')[1]}.{signature}"


def soon(seconds: int) -> int:
    return int(time.time()) + seconds


BAD = {
    "expired": (lambda i: i.token(exp=soon(-60)), "expired"),
    "not yet": (lambda i: i.token(nbf=soon(120)), "not yet"),
    "for another": (lambda i: i.token(aud="someone-else"), "[Aa]udience"),
    "for nobody": (lambda i: i.token(aud=None), "aud"),
    "of another issuer": (lambda i: i.token(iss="https://evil.example"), "[Ii]ssuer"),
    "of no issuer": (lambda i: i.token(iss=None), "iss"),
    "forever": (lambda i: i.token(exp=None), "exp"),
    "from no time on": (lambda i: i.token(nbf=None), "nbf"),
    "alg none": (lambda i: unsigned(i.claims(), {"alg": "none", "kid": "one"}), "signed"),
    "alg None": (lambda i: unsigned(i.claims(), {"alg": "None", "kid": "one"}), "signed"),
    "no alg": (lambda i: unsigned(i.claims(), {"kid": "one"}), "signed"),
    "HS256 with the public key": (
        lambda i: unsigned(i.claims(), {"alg": "HS256", "kid": "one"}, i.public_pem("one")),
        "signed",
    ),
    "the alg of another kind of key": (
        lambda i: unsigned(i.claims(), {"alg": "ES256", "kid": "one"}),
        "algorithm",
    ),
    "tampered with": (tampered, "[Ss]ignature"),
    "signed by another": (signed_by_another, "[Ss]ignature"),
    "no kid, signed by another": (
        lambda i: jwt.encode(i.claims(), rsa.generate_private_key(65537, 2048), "RS256"),
        "[Ss]ignature",
    ),
    "an odd kid": (lambda i: unsigned(i.claims(), {"alg": "RS256", "kid": ["one"]}), "[Kk]ey ID"),
    "cut short": (lambda i: i.token().rpartition(".")[0], "segments"),
    "empty parts": (lambda i: "..", "header"),
    "no token": (lambda i: "ünsinn", "segments"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_token_does_not_pass(issuer: Issuer, tokens: Tokens, kind: str) -> None:
    make, said = BAD[kind]
    with pytest.raises(NotAuthenticated, match=said) as raised:
        tokens.verify(make(issuer))
    assert "eyJ" not in str(raised.value)


def typed(issuer: Issuer, header_type: str | None = "JWT", **claims: Any) -> str:
    """A good token with another type in its header; None: without one."""
    headers = {"kid": "one", "typ": header_type}
    return jwt.encode(issuer.claims(**claims), issuer.private["one"], "RS256", headers=headers)


ACCESS = {
    "RFC 9068": ("at+jwt", {"client_id": "web", "sub": "1234"}),
    "RFC 9068 in full": ("application/at+jwt", {"client_id": "web"}),
    "RFC 9068 in capitals": ("AT+JWT", {"nonce": "n"}),
    "Entra ID": ("JWT", {"azp": "web", "azpacr": "1", "ver": "2.0", "scp": "ask", "tid": "t"}),
    "Entra ID, version 1": ("JWT", {"appid": "web", "ver": "1.0"}),
    "Keycloak": ("JWT", {"typ": "Bearer", "azp": "web", "sid": "s", "scope": "openid"}),
    "Keycloak before 24": ("JWT", {"typ": "Bearer", "azp": "web", "nonce": "n"}),
    "Okta, without a type": (None, {"cid": "web", "scp": ["ask"]}),
}


OTHER = {
    "an ID token with a nonce": ("JWT", {"nonce": "n"}),
    "an ID token of the code flow": ("JWT", {"at_hash": "h"}),
    "an ID token of the hybrid flow": (None, {"c_hash": "h"}),
    "an ID token of Entra ID": ("JWT", {"ver": "2.0", "nonce": "n", "c_hash": "h", "tid": "t"}),
    "an ID token of Keycloak": ("JWT", {"typ": "ID", "azp": "plumbline-test", "sid": "s"}),
    "a refresh token of Keycloak": ("JWT", {"typ": "Refresh", "azp": "web"}),
    "an offline token of Keycloak": ("JWT", {"typ": "Offline", "azp": "web"}),
    "an ID token of Cognito": ("JWT", {"token_use": "id"}),
    "an ID token of oidc-provider": (None, {}),
    "a logout token": ("logout+jwt", {"events": {}}),
    "a logout token by its claims": ("JWT", {"events": {"http://schemas.openid.net/event": {}}}),
    "a proof of possession": ("dpop+jwt", {}),
    "an odd type": ("at+jwtx", {}),
    "a type that is no text": ("JWT", {"typ": ["Bearer"]}),
}


@pytest.mark.parametrize("kind", ACCESS)
def test_access_tokens_of_all_issuers_pass(issuer: Issuer, tokens: Tokens, kind: str) -> None:
    header_type, claims = ACCESS[kind]
    assert tokens.verify(typed(issuer, header_type, **claims)).role == "reader"


@pytest.mark.parametrize("kind", OTHER)
def test_tokens_that_are_not_for_access_are_refused(
    issuer: Issuer, tokens: Tokens, kind: str
) -> None:
    header_type, claims = OTHER[kind]
    with pytest.raises(NotAuthenticated, match="access"):
        tokens.verify(typed(issuer, header_type, **claims))


def test_an_operator_may_take_tokens_of_rfc_9068_alone(issuer: Issuer, clock: Clock) -> None:
    strict = reading(issuer, clock, token_types=["application/AT+JWT"])
    assert strict.verify(typed(issuer, "at+jwt"))
    for header_type in ("JWT", None):
        with pytest.raises(NotAuthenticated, match=r"access takes at\+jwt"):
            strict.verify(typed(issuer, header_type))
    with pytest.raises(ValidationError, match="at\\+jwt"):
        reading(issuer, clock, token_types=[])


@pytest.mark.parametrize("claim", ["azp", "client_id", "appid"])
def test_only_clients_that_are_named_may_bring_tokens(
    issuer: Issuer, clock: Clock, claim: str
) -> None:
    strict = reading(issuer, clock, authorized_parties=["web", "ci"])
    assert strict.verify(typed(issuer, "at+jwt", **{claim: "ci"}))
    for party in ("other", "", ["web"], "web ", None):
        with pytest.raises(NotAuthenticated, match="authorized_parties"):
            strict.verify(typed(issuer, "at+jwt", **{claim: party}))
    with pytest.raises(NotAuthenticated, match="'other'"):
        strict.verify(typed(issuer, "at+jwt", azp="web", client_id="other"))


def test_the_clock_may_be_off_a_little(issuer: Issuer, tokens: Tokens) -> None:
    assert tokens.verify(issuer.token(exp=soon(-10), nbf=soon(10), iat=soon(10)))


def test_nbf_may_be_left_out_where_the_operator_says_so(issuer: Issuer, clock: Clock) -> None:
    lax = reading(issuer, clock, require_nbf=False)
    assert lax.verify(issuer.token(nbf=None))
    with pytest.raises(NotAuthenticated):
        lax.verify(issuer.token(nbf=soon(120)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"issuer": "https://login.example.org"}, "audience"),
        ({"issuer": "http://login.example.org", "audience": "a"}, "https"),
        ({"issuer": "file:///etc/passwd", "audience": "a"}, "https"),
        ({"jwks_url": "http://login.example.org/keys"}, "https"),
    ],
)
def test_settings_that_would_let_others_in_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        AuthSettings(**given)
