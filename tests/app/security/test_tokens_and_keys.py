"""Tokens and the keys of their issuer: unknown, withdrawn, without an id, or out of reach."""

from __future__ import annotations

import base64

import jwt
import pytest

from app.errors import IssuerUnavailable, NotAuthenticated
from app.security.tokens import Tokens
from tests.app.security.issuer import Issuer
from tests.app.security.reading import Clock, reading, signed_by_another, unsigned


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
    logged = [one.getMessage() for one in caplog.records if issuer.url in one.getMessage()]
    assert len(logged) == 2
    assert logged[1].endswith("since the last such line: 20.")


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


def test_an_issuer_by_another_name_is_reported(issuer: Issuer, tokens: Tokens) -> None:
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
