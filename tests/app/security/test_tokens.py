"""Tokens of a real issuer: what passes, and everything that must not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from pydantic import ValidationError

from app.callers import Caller
from app.errors import AccessDenied, IssuerUnavailable, NotAuthenticated
from app.security.settings import AuthSettings
from app.security.signing_keys import SigningKeys
from app.security.tokens import Tokens
from tests.app.security.issuer import AUDIENCE, Issuer


class Clock:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(issuer: Issuer, clock: Clock) -> Tokens:
    return reading(issuer, clock)


def reading(issuer: Issuer, clock: Clock, **more: Any) -> Tokens:
    settings = AuthSettings(issuer=issuer.url, audience=AUDIENCE, **more)
    return Tokens(settings, SigningKeys(issuer.url, settings.jwks_url, clock))


def exact(issuer: Issuer, subject: str) -> str:
    """The id of a token's holder."""
    return f"token:{hashlib.sha256(json.dumps([issuer.url, subject]).encode()).hexdigest()}"


def test_a_good_token_says_who_with_which_role_and_groups(issuer: Issuer, tokens: Tokens) -> None:
    assert tokens.verify(issuer.token()) == Caller(
        "anna@example.org", "reader", frozenset({"finance"}), exact(issuer, "1234")
    )
    by_ec = tokens.verify(issuer.token("two", "ES256", roles=["editor", "reader", "other"]))
    assert by_ec.role == "editor"
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]


def test_an_administrator_sees_all_and_others_only_what_is_named(
    issuer: Issuer, tokens: Tokens
) -> None:
    assert tokens.verify(issuer.token(roles="admin", groups=None)).groups is None
    assert tokens.verify(issuer.token(groups=None)).groups == frozenset()
    assert tokens.verify(issuer.token(groups="hr")).groups == {"hr"}
    # Entra ID's way of saying that the groups are too many for a token.
    overage = issuer.token(groups=None, hasgroups=True, _claim_names={"groups": "src1"})
    assert tokens.verify(overage).groups == frozenset()


def unsigned(claims: dict[str, Any], header: dict[str, Any], secret: bytes | None = None) -> str:
    """A token as an attacker writes it, past the library's own checks."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    signed = f"{part(header)}.{part(claims)}"
    digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def tampered(issuer: Issuer) -> str:
    head, _, signature = issuer.token().split(".")
    return f"{head}.{unsigned(issuer.claims(roles=['admin']), {}).split('.')[1]}.{signature}"


def signed_by_another(issuer: Issuer) -> str:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(issuer.claims(), other, "RS256", headers={"kid": "one"})


def soon(seconds: int) -> int:
    return int(time.time()) + seconds


BAD = {
    "expired": (lambda i: i.token(exp=soon(-60)), "expired"),
    "not yet": (lambda i: i.token(nbf=soon(120)), "not yet"),
    "for another": (lambda i: i.token(aud="someone-else"), "[Aa]udience"),
    "for nobody": (lambda i: i.token(aud=None), "aud"),
    "of another issuer": (lambda i: i.token(iss="https://evil.example"), "[Ii]ssuer"),
    "of no issuer": (lambda i: i.token(iss=None), "iss"),
    "for ever": (lambda i: i.token(exp=None), "exp"),
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
    with pytest.raises(NotAuthenticated, match=said) as told:
        tokens.verify(make(issuer))
    assert "eyJ" not in str(told.value)


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


@pytest.mark.parametrize("roles", [None, [], "visitor", ["Reader"], {"reader": 1}, 7])
def test_a_token_without_a_role_is_denied(issuer: Issuer, tokens: Tokens, roles: Any) -> None:
    with pytest.raises(AccessDenied, match=r"anna@example.org.*gives no role"):
        tokens.verify(issuer.token(roles=roles))


def test_claims_have_other_names_elsewhere(issuer: Issuer, clock: Clock) -> None:
    other = reading(
        issuer,
        clock,
        name_claim="email",
        role_claim="realm_access.roles",
        group_claim="https://example.org/groups",
        role_names={"kb-editors": "editor"},
    )
    claims = {
        "email": "bo@example.org",
        "realm_access": {"roles": ["kb-editors", "admin"]},
        "https://example.org/groups": ["x"],
    }
    assert other.verify(issuer.token(**claims)) == Caller(
        "bo@example.org", "editor", frozenset({"x"}), exact(issuer, "1234")
    )


def test_a_name_cannot_pass_for_a_key(issuer: Issuer, tokens: Tokens) -> None:
    piece = exact(issuer, "1234")[6:16]
    shown = tokens.verify(issuer.token(preferred_username="key ci\n")).name
    assert shown == f"key_ci_~{piece}"
    assert tokens.verify(issuer.token(preferred_username=None)).name == "1234"
    assert len(tokens.verify(issuer.token(preferred_username="a" * 9000)).name) == 150


ALIKE = ["a b", "a_b", "a\tb", "a\nb", "a\u200bb", "a\u202eb", "A b", "a  b", " a b"]


@pytest.mark.parametrize("claim", ["preferred_username", "sub"])
def test_holders_are_told_apart_exactly_and_shown_readably(
    issuer: Issuer, clock: Clock, claim: str
) -> None:
    tokens = reading(issuer, clock, name_claim=claim)
    long = ["x" * 150, "x" * 151, "x" * 150 + "y", "x" * 149 + " " + "y" * 9]
    subjects = [*ALIKE, *long, "1", '1"', "a@b", "a:b", "token:1", "key:0", "é", "e\u0301"]
    found = [tokens.verify(issuer.token(sub=one, preferred_username="anna")) for one in subjects]
    assert len({caller.id for caller in found}) == len(subjects)
    for caller in found:
        assert re.fullmatch(r"token:[0-9a-f]{64}", caller.id)
        assert caller.name.isprintable()
        assert " " not in caller.name
        assert len(caller.name) <= 150
    if claim == "sub":
        assert len({caller.name for caller in found}) == len(subjects)
    # Nor does another name, role or group make another holder.
    again = tokens.verify(issuer.token(sub="a b", preferred_username="b", groups=[], roles="admin"))
    assert again.id == found[0].id


@pytest.mark.parametrize("subject", [None, ""])
@pytest.mark.parametrize("name", ["anna", None])
def test_a_token_without_a_subject_is_refused_with_the_mend(
    issuer: Issuer, tokens: Tokens, subject: str | None, name: str | None
) -> None:
    with pytest.raises(NotAuthenticated, match=r"no subject \(`sub`\)"):
        tokens.verify(issuer.token(sub=subject, preferred_username=name))


def test_a_subject_that_is_no_text_is_refused(issuer: Issuer, tokens: Tokens) -> None:
    header, claims = {"alg": "RS256", "kid": "one"}, {**issuer.claims(), "sub": 7}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in (header, claims)
    ]
    signing = RSAAlgorithm(RSAAlgorithm.SHA256)
    signature = signing.sign(b".".join(parts), issuer.private["one"])
    token = b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()
    with pytest.raises(NotAuthenticated):
        tokens.verify(token)


def test_an_unknown_key_id_asks_the_issuer_once_a_minute(
    issuer: Issuer, tokens: Tokens, clock: Clock
) -> None:
    tokens.verify(issuer.token())
    issuer.add("three")
    forged = [issuer.token("three") for _ in range(5)]
    for token in forged:
        with pytest.raises(NotAuthenticated, match="no key of that id"):
            tokens.verify(token)
    assert issuer.asked.count("/keys") == 1
    clock.now += 61
    assert tokens.verify(issuer.token("three"))
    assert issuer.asked.count("/keys") == 2
    stranger = jwt.encode(
        issuer.claims(), issuer.private["one"], "RS256", headers={"kid": "stranger"}
    )
    for _ in range(5):
        with pytest.raises(NotAuthenticated, match="no key of that id"):
            tokens.verify(stranger)
    assert issuer.asked.count("/keys") == 2


def test_a_key_that_was_taken_back_is_refused_in_time(
    issuer: Issuer, tokens: Tokens, clock: Clock
) -> None:
    token = issuer.token()
    tokens.verify(token)
    issuer.published = [key for key in issuer.published if key["kid"] != "one"]
    clock.now += 601
    with pytest.raises(NotAuthenticated, match="no key of that id"):
        tokens.verify(token)


def test_a_token_that_names_no_key_is_checked_with_all_that_fit(
    issuer: Issuer, tokens: Tokens
) -> None:
    issuer.add("three")
    for key_id, algorithm in (("one", "RS256"), ("three", "PS384"), ("two", "ES256")):
        assert tokens.verify(jwt.encode(issuer.claims(), issuer.private[key_id], algorithm))
    nameless = unsigned(issuer.claims(), {"alg": "RS256", "kid": ""})
    with pytest.raises(NotAuthenticated, match="no key of that id"):
        tokens.verify(nameless)


def test_a_token_that_names_no_key_is_refused_where_too_many_might_fit(
    issuer: Issuer, tokens: Tokens
) -> None:
    issuer.published += [{**issuer.published[0], "kid": f"more {n}"} for n in range(16)]
    with pytest.raises(NotAuthenticated, match="17 keys that might fit"):
        tokens.verify(jwt.encode(issuer.claims(), issuer.private["one"], "RS256"))
    assert tokens.verify(issuer.token())


def test_keys_that_have_no_id_count_for_tokens_with_and_without_one(
    issuer: Issuer, tokens: Tokens
) -> None:
    for key in issuer.published:
        del key["kid"]
    assert tokens.verify(issuer.token())
    assert tokens.verify(issuer.token("two", "ES256"))
    assert tokens.verify(jwt.encode(issuer.claims(), issuer.private["one"], "RS256"))
    with pytest.raises(NotAuthenticated, match=r"[Ss]ignature"):
        tokens.verify(signed_by_another(issuer))


def test_an_issuer_that_is_away_makes_one_line_in_the_log_for_each_fetch(
    issuer: Issuer, tokens: Tokens, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.status = 500
    for _ in range(2):
        for _ in range(20):
            with pytest.raises(IssuerUnavailable):
                tokens.verify(issuer.token())
        clock.now += 6
    told = [one.getMessage() for one in caplog.records if issuer.url in one.getMessage()]
    assert len(told) == 2
    assert told[1].endswith("since the last such line: 20.")


@pytest.mark.parametrize("status", [404, 500])
def test_an_issuer_that_fails_is_neither_a_no_nor_a_pass(
    issuer: Issuer, tokens: Tokens, clock: Clock, status: int
) -> None:
    issuer.status = status
    for _ in range(3):
        with pytest.raises(IssuerUnavailable, match=issuer.url):
            tokens.verify(issuer.token())
    assert len(issuer.asked) == 1
    issuer.status = 200
    clock.now += 6
    assert tokens.verify(issuer.token())


def test_known_keys_hold_for_an_hour_where_the_issuer_is_away(
    issuer: Issuer, tokens: Tokens, clock: Clock
) -> None:
    token = issuer.token()
    tokens.verify(token)
    issuer.status = 503
    asked = len(issuer.asked)
    clock.now += 1800
    for _ in range(3):
        assert tokens.verify(token)
    assert len(issuer.asked) == asked + 1
    issuer.add("three")
    with pytest.raises(IssuerUnavailable):
        tokens.verify(issuer.token("three"))
    clock.now += 1801
    with pytest.raises(IssuerUnavailable):
        tokens.verify(token)


def test_an_issuer_by_another_name_is_told(issuer: Issuer, tokens: Tokens) -> None:
    issuer.called = "https://login.example.org"
    with pytest.raises(IssuerUnavailable, match=r"calls itself 'https://login\.example\.org'"):
        tokens.verify(issuer.token())


def test_the_keys_place_can_be_set(issuer: Issuer, clock: Clock) -> None:
    assert reading(issuer, clock, jwks_url=f"{issuer.url}/keys").verify(issuer.token())
    assert issuer.asked == ["/keys"]


def test_keys_that_are_none_of_ours_are_left_aside(issuer: Issuer, tokens: Tokens) -> None:
    shared = base64.urlsafe_b64encode(b"a secret of thirty-two bytes ...").decode()
    issuer.published += [
        {"kty": "oct", "k": shared, "kid": "shared", "alg": "HS256"},
        {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA", "kid": "odd"},
        {"kty": "RSA", "n": "AA", "e": "AQAB", "kid": "for encryption", "use": "enc"},
    ]
    assert tokens.verify(issuer.token())
    for key_id in ("shared", "odd", "for encryption"):
        token = unsigned(issuer.claims(), {"alg": "RS256", "kid": key_id})
        with pytest.raises(NotAuthenticated, match="no key of that id"):
            tokens.verify(token)


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
