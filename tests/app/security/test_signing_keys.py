"""Which keys count for which algorithm, and an issuer that hangs or drips."""

from __future__ import annotations

import base64
import json
import threading
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from app.errors import IssuerUnavailable, NotAuthenticated
from app.security.discovery import MOST_BYTES
from app.security.jwk import keys_by_algorithm
from app.security.signing_keys import SigningKeys
from app.security.tokens import Tokens
from app.settings.access import AuthSettings
from tests.app.security.issuer import AUDIENCE, Issuer
from tests.app.security.stalling import HEAD, stalling

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
P256, P384, P521 = (
    ec.generate_private_key(curve) for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())
)
ED25519, ED448 = ed25519.Ed25519PrivateKey.generate(), ed448.Ed448PrivateKey.generate()


def published(key: Any, **more: Any) -> dict[str, Any]:
    """A public key as an issuer publishes it; None takes a field out."""
    for kind, algorithm in (
        (rsa.RSAPrivateKey, RSAAlgorithm),
        (ec.EllipticCurvePrivateKey, ECAlgorithm),
    ):
        if isinstance(key, kind):
            given = algorithm.to_jwk(key.public_key(), as_dict=True)
            break
    else:
        given = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    bare = {name: given[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in given}
    return {
        name: value for name, value in {**bare, "kid": "k", **more}.items() if value is not None
    }


RSA_ALL = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}


@pytest.mark.parametrize(
    ("key", "more", "fits"),
    [
        (RSA_KEY, {}, RSA_ALL),
        (RSA_KEY, {"use": "sig"}, RSA_ALL),
        (RSA_KEY, {"key_ops": ["verify"]}, RSA_ALL),
        (RSA_KEY, {"alg": "RS512"}, {"RS512"}),
        (RSA_KEY, {"alg": "PS256"}, {"PS256"}),
        (RSA_KEY, {"alg": "RSA-OAEP"}, set()),
        (RSA_KEY, {"alg": "HS256"}, set()),
        (RSA_KEY, {"alg": "ES256"}, set()),
        (RSA_KEY, {"alg": "none"}, set()),
        (RSA_KEY, {"alg": ["RS256"]}, set()),
        (RSA_KEY, {"use": "enc"}, set()),
        (RSA_KEY, {"use": "SIG"}, set()),
        (RSA_KEY, {"use": ["sig"]}, set()),
        (RSA_KEY, {"key_ops": ["encrypt"]}, set()),
        (RSA_KEY, {"key_ops": ["sign"]}, set()),
        (RSA_KEY, {"key_ops": "verify"}, set()),
        (RSA_KEY, {"key_ops": ["verify"], "use": "enc"}, set()),
        (RSA_KEY, {"kid": ""}, set()),
        (RSA_KEY, {"kid": 5}, set()),
        (RSA_KEY, {"kty": None}, set()),
        (RSA_KEY, {"kty": "oct", "k": "c2VjcmV0"}, set()),
        (RSA_KEY, {"kty": ["RSA"]}, set()),
        (RSA_KEY, {"n": 5}, set()),
        (RSA_KEY, {"e": ""}, set()),
        (RSA_KEY, {"d": "AQAB", "p": "x"}, RSA_ALL),
        (P256, {}, {"ES256"}),
        (P384, {}, {"ES384"}),
        (P521, {}, {"ES512"}),
        (P256, {"alg": "ES256"}, {"ES256"}),
        (P256, {"alg": "ES384"}, set()),
        (P256, {"alg": "RS256"}, set()),
        (P256, {"crv": "P-384"}, set()),
        (P256, {"crv": None}, set()),
        (P256, {"crv": {"P-256": 1}}, set()),
        (ED25519, {}, {"EdDSA"}),
        (ED448, {}, {"EdDSA"}),
        (ED25519, {"alg": "EdDSA"}, {"EdDSA"}),
        (ED25519, {"alg": "Ed25519"}, {"EdDSA"}),
        (ED25519, {"alg": "Ed448"}, set()),
        (ED25519, {"crv": "X25519"}, set()),
        (ED25519, {"crv": "Ed448"}, set()),
    ],
)
def test_a_key_counts_for_the_algorithms_that_it_fits(
    key: Any, more: dict[str, Any], fits: set[str]
) -> None:
    assert set(keys_by_algorithm(published(key, **more))) == fits


@pytest.mark.parametrize("key", [None, 5, "key", [], {}, {"kid": "a"}, {"kid": "a", "kty": "RSA"}])
def test_what_is_no_key_is_none(key: Any) -> None:
    assert keys_by_algorithm(key) == {}


def test_a_key_of_too_few_bits_is_none() -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    assert keys_by_algorithm(published(short)) == {}


@pytest.fixture
def tokens(issuer: Issuer) -> Tokens:
    settings = AuthSettings(issuer=issuer.url, audience=AUDIENCE)
    return Tokens(settings, SigningKeys(issuer.url, None))


@pytest.mark.parametrize("algorithm", sorted(RSA_ALL))
def test_a_token_passes_whatever_its_rsa_algorithm(
    issuer: Issuer, tokens: Tokens, algorithm: str
) -> None:
    assert tokens.verify(issuer.token("one", algorithm)).name


def test_two_keys_may_have_one_id(issuer: Issuer, tokens: Tokens) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    issuer.published = [published(key, kid="same") for key in (P256, other, RSA_KEY, ED25519)] + [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "same"},
        "no key",
        {"kid": "same"},
    ]
    for key, algorithm in (
        (P256, "ES256"),
        (RSA_KEY, "PS384"),
        (other, "RS256"),
        (ED25519, "EdDSA"),
    ):
        token = jwt.encode(issuer.claims(), key, algorithm, headers={"kid": "same"})
        assert tokens.verify(token).role == "reader"
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = jwt.encode(issuer.claims(), stranger, "RS256", headers={"kid": "same"})
    with pytest.raises(NotAuthenticated, match=r"[Ss]ignature"):
        tokens.verify(forged)


def test_a_key_for_one_algorithm_takes_no_other(issuer: Issuer, tokens: Tokens) -> None:
    issuer.private["k"] = RSA_KEY
    issuer.published = [published(RSA_KEY, alg="PS256")]
    assert tokens.verify(issuer.token("k", "PS256"))
    with pytest.raises(NotAuthenticated, match="algorithm"):
        tokens.verify(issuer.token("k", "RS256"))


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((b"",), id="drips from the first byte on"),
        pytest.param((b"HTTP/1.1 200 OK\r\nX-Drip: ",), id="drips its head"),
        pytest.param((HEAD + b'{"keys": [',), id="drips its body"),
    ],
)
def test_a_fetch_ends_at_its_deadline_however_it_drips(pieces: tuple[bytes, ...]) -> None:
    with stalling(*pieces) as server:
        keys = SigningKeys(server.url, f"{server.url}/keys", deadline_s=0.3)
        began = time.monotonic()
        with pytest.raises(IssuerUnavailable) as raised:
            keys.find("any")
        assert time.monotonic() - began < 2
        assert raised.value.retry_after_s
        assert server.left.wait(5), "the connection is kept open"


def test_keys_without_end_are_not_read_to_their_end() -> None:
    head = HEAD + b'{"keys": [' + b" " * (MOST_BYTES + 1)
    with stalling(head) as server, pytest.raises(IssuerUnavailable, match="too much"):
        SigningKeys(server.url, f"{server.url}/keys", deadline_s=5).find("any")


def test_packed_keys_are_not_unpacked() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b"
    with stalling(head) as server, pytest.raises(IssuerUnavailable, match="packed"):
        SigningKeys(server.url, f"{server.url}/keys", deadline_s=5).find("any")


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"null", b'{"keys": 5}', b'{"keys": null}', b'"\\ud800"', b"\xff"]
)
def test_nonsense_instead_of_keys_is_reported(body: bytes) -> None:
    head = HEAD[:-2] + f"Content-Length: {len(body)}\r\n\r\n".encode()
    with (
        stalling(head + body) as server,
        pytest.raises(IssuerUnavailable, match="cannot be fetched"),
    ):
        SigningKeys(server.url, f"{server.url}/keys", deadline_s=5).find("any")


def test_while_one_waits_known_keys_hold_and_unknown_ones_fail_at_once() -> None:
    now = [1000.0]
    body = json.dumps({"keys": [published(RSA_KEY, kid="known")]}).encode()
    whole = HEAD[:-2] + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    with stalling(whole) as server:
        keys = SigningKeys(server.url, f"{server.url}/keys", lambda: now[0], deadline_s=5)
        assert keys.find("known")
        server.asked.acquire()
        server.pieces = [HEAD]  # from now on it hangs
        now[0] += 61
        outcome: list[object] = []

        def wait_for_unknown() -> None:
            try:
                outcome.append(keys.find("unknown"))
            except IssuerUnavailable as error:
                outcome.append(error)

        waiting = threading.Thread(target=wait_for_unknown)
        waiting.start()
        assert server.asked.acquire(timeout=5)
        began = time.monotonic()
        for number in range(50):
            assert keys.find("known")
            with pytest.raises(IssuerUnavailable) as raised:
                keys.find(f"unknown {number}")
            assert raised.value.retry_after_s
        # Stale keys too: only the caller that begins a fetch waits for it.
        now[0] += 700
        assert keys.find("known")
        assert time.monotonic() - began < 1
        assert waiting.is_alive()
        assert server.connections == 2
        server.go_on.set()
        waiting.join(10)
        assert isinstance(outcome[0], IssuerUnavailable)


def test_the_caller_who_renews_a_known_key_does_not_wait_for_long() -> None:
    now = [1000.0]
    body = json.dumps({"keys": [published(RSA_KEY, kid="known")]}).encode()
    whole = HEAD[:-2] + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    with stalling(whole) as server:
        keys = SigningKeys(server.url, f"{server.url}/keys", lambda: now[0], deadline_s=30)
        assert keys.find("known")
        server.pieces = [HEAD]
        now[0] += 601
        began = time.monotonic()
        assert keys.find("known")
        assert time.monotonic() - began < 5


def unsigned(header: bytes, payload: bytes = b"{}") -> str:
    parts = (
        base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (header, payload, b"x")
    )
    return ".".join(parts)


@pytest.mark.parametrize(
    "token",
    [
        unsigned(b"[" * 20_000),
        unsigned(b'{"alg": "RS256", "kid": "\\ud800"}'),
        unsigned(b'{"alg": ["RS256"], "kid": "one"}'),
        unsigned(b'{"alg": {"a": 1}, "kid": "one"}'),
        unsigned(b'{"alg": "RS256", "kid": 1e999}'),
        unsigned(b'{"alg": "RS256", "kid": ' + b"9" * 5000 + b"}"),
        unsigned(b'{"alg": "RS256", "kid": "one", "b64": false, "crit": ["b64"]}', b""),
        unsigned(b'{"alg": "RS256", "kid": "one", "crit": 5}'),
        unsigned(b'{"alg": "RS256", "kid": "one", "typ": 5}'),
        unsigned(b"\xff"),
        "\udcff",
        "a" * 60_000,
        "." * 60_000,
    ],
)
def test_a_hostile_token_is_refused_and_no_failure(
    issuer: Issuer, tokens: Tokens, token: str
) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.verify(token)


@pytest.mark.parametrize(
    "claims",
    [
        {"groups": ["\ud800"]}, {"preferred_username": "\udfff"}, {"x": {"y": [{"\ud800": 1}]}},
        {"groups": ["a\0"]}, {"exp": float("inf")}, {"nbf": float("nan")}, {"iat": "x"},
        {"aud": 5}, {"aud": [5]}, {"sub": 5},
    ],
)  # fmt: skip
def test_claims_that_cannot_be_stored_are_refused(
    issuer: Issuer, tokens: Tokens, claims: dict[str, Any]
) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.verify(issuer.token(**claims))
