"""Reads tokens of the test issuer, by a clock that a test moves on; and tokens that are forged."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from app.security.signing_keys import SigningKeys
from app.security.tokens import Tokens
from app.settings.access import AuthSettings
from tests.app.security.issuer import AUDIENCE, Issuer


class Clock:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def reading(issuer: Issuer, clock: Clock, **more: Any) -> Tokens:
    settings = AuthSettings(issuer=issuer.url, audience=AUDIENCE, **more)
    return Tokens(settings, SigningKeys(issuer.url, settings.jwks_url, clock))


def unsigned(claims: dict[str, Any], header: dict[str, Any], secret: bytes | None = None) -> str:
    """A token as an attacker writes it, past the library's own checks."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    signed = f"{part(header)}.{part(claims)}"
    digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def signed_by_another(issuer: Issuer) -> str:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(issuer.claims(), other, "RS256", headers={"kid": "one"})


def exact(issuer: Issuer, subject: str) -> str:
    """The id of a token's holder."""
    return f"token:{hashlib.sha256(json.dumps([issuer.url, subject]).encode()).hexdigest()}"
