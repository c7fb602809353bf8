"""Bearer tokens of an OpenID Connect issuer: checked, and turned into callers."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import jwt

from app.callers import ROLES, Caller, Role
from app.errors import AccessDenied, NotAuthenticated
from app.security.settings import AuthSettings
from app.security.signing_keys import SigningKeys

# None with a shared secret: the public key would be one.
ALGORITHMS = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
]  # fmt: skip
LONGEST_NAME = 150
HASH_SHOWN = 10


class Tokens:
    """Reads tokens. Safe to share between threads."""

    def __init__(self, settings: AuthSettings, keys: SigningKeys) -> None:
        self._settings = settings
        self._keys = keys
        self._required = ["exp", "iss", "aud", *(["nbf"] if settings.require_nbf else [])]

    def verify(self, token: str) -> Caller:
        """Who the token says they are.

        An administrator sees all documents, since they could give themselves a key that does;
        others see what everyone sees and what is for the groups that the token names.

        Raises:
            NotAuthenticated: the token is none, or not for here and now.
            AccessDenied: it is good, and gives no role here.
            IssuerUnavailable: its signature cannot be checked now.
        """
        claims = self._claims(token)
        id_ = self._id(claims)
        name = _name(claims, self._settings.name_claim, id_)
        role = self._role(claims)
        if role is None:
            raise AccessDenied(
                f"{name}: the token's claim {self._settings.role_claim!r} gives no role here; ask "
                f"for one of {', '.join(sorted(self._settings.role_names))}."
            )
        groups = None if role == "admin" else frozenset(_texts(claims, self._settings.group_claim))
        return Caller(name, role, groups, id_)

    def _id(self, claims: dict[str, Any]) -> str:
        """Who holds the token, exactly: its issuer and subject, as RFC 9068 and OpenID Connect say.

        Names are shown only: holders may change them, and issuers give them to others later.

        Raises:
            NotAuthenticated: it names no subject.
        """
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject:
            raise NotAuthenticated(
                "the token is not accepted: it has no subject (`sub`), by which its holder is known; "
                "have the issuer put one into access tokens (Keycloak: the client scope `basic`)."
            )
        # JSON keeps the two apart, whatever they hold; a hash is of one length.
        exact = json.dumps([claims["iss"], subject])
        return f"token:{hashlib.sha256(exact.encode()).hexdigest()}"

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise jwt.InvalidAlgorithmError("it is not signed as it must be")
            key_id = header.get("kid")
            key = self._keys.find(key_id) if key_id else None
            if key is None:
                raise jwt.InvalidKeyError("its issuer has no key of that id")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                ALGORITHMS,
                audience=self._settings.audience,
                issuer=self._settings.issuer,
                leeway=self._settings.leeway_s,
                options={"require": self._required, "enforce_minimum_key_length": True},
            )
        except jwt.PyJWTError as error:
            raise NotAuthenticated(f"the token is not accepted: {error}.") from error
        return claims

    def _role(self, claims: dict[str, Any]) -> Role | None:
        names = self._settings.role_names
        given = [
            names[value] for value in _texts(claims, self._settings.role_claim) if value in names
        ]
        return max(given, key=ROLES.index, default=None)


def _texts(claims: dict[str, Any], claim: str) -> list[str]:
    """A claim's texts, be it one or a list."""
    value = _at(claims, claim)
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str) and item]


def _at(claims: dict[str, Any], claim: str) -> Any:
    """A claim by its name, or else by a path of names with dots between."""
    if claim in claims:
        return claims[claim]
    value: Any = claims
    for step in claim.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _name(claims: dict[str, Any], claim: str, id_: str) -> str:
    """What to call them: without a space, so that nobody passes for a key or an address in use.

    A name that cannot be shown as it is ends in a piece of the id's hash: names that differ only in
    what is not shown still look different.
    """
    found = next(iter([*_texts(claims, claim), *_texts(claims, "sub")]))
    shown = "".join(c if c.isprintable() and not c.isspace() else "_" for c in found)
    if shown == found and len(found) <= LONGEST_NAME:
        return found
    piece = id_.partition(":")[2][:HASH_SHOWN]
    return f"{shown[: LONGEST_NAME - HASH_SHOWN - 1]}~{piece}"
