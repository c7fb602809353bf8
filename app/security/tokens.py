"""Tokens of an OpenID Connect issuer: checked, and access tokens turned into callers."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import jwt

from app.callers import ROLES, Caller, Role
from app.errors import AccessDenied, NotAuthenticated
from app.security.jwk import ALGORITHMS
from app.security.signing_keys import SigningKeys
from app.settings.access import AuthSettings
from ingestion.index.storable_values import quoted, unstorable_text

LONGEST_NAME = 150
# Keys that are tried for a token that names none: each try takes time.
MOST_TRIED = 16
HASH_SHOWN = 10
# What only ID tokens and logout tokens carry (OpenID Connect). An issuer that says in another way
# that it is an access token may put them there too: Keycloak did so with `nonce`.
NOT_OF_ACCESS = ("nonce", "at_hash", "c_hash", "s_hash", "events")
ACCESS = "at+jwt"
# Claims in which Keycloak and Cognito say what a token is, and what they say of one for access.
KIND_CLAIMS = ("typ", "token_use")
KINDS_OF_ACCESS = ("bearer", "access", "at+jwt")
# What access tokens carry, by which those are known that have no type at all.
OF_ACCESS = ("scope", "scp", "client_id", "cid", "azp", "appid")
# The client that a token was made out to: as RFC 9068 and Entra's first version name it, too.
PARTY_CLAIMS = ("azp", "client_id", "appid")


class Verified(NamedTuple):
    """Whose a token is, and until when it counts."""

    caller: Caller
    expires: datetime


class Tokens:
    """Reads tokens. Safe to share between threads."""

    def __init__(self, settings: AuthSettings, keys: SigningKeys) -> None:
        self._settings = settings
        self._keys = keys
        self._required = ["exp", "iss", "aud", *(["nbf"] if settings.require_nbf else [])]

    def verify(self, token: str) -> Caller:
        """Who the token says they are; see `read`."""
        return self.read(token).caller

    def read(self, token: str) -> Verified:
        """Who an access token says they are, and until when.

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
        expires = _time(claims["exp"])
        return Verified(Caller(name, role, groups, id_, expires), expires)

    def check_identity(self, token: str, client_id: str, nonce: str, access: str) -> None:
        """Check the ID token that came with an access token, in answer to this client's request.

        Args:
            token: the ID token.
            client_id: whom it must be for.
            nonce: what the client sent with its request.
            access: the access token.

        Raises:
            NotAuthenticated: it is not what the issuer answers to that request.
            IssuerUnavailable: its signature cannot be checked now.
        """
        try:
            header = jwt.get_unverified_header(token)
            claims = self._decoded(token, header, client_id, ("exp", "iat", "iss", "aud", "sub"))
            several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
            if claims.get("azp", None if several else client_id) != client_id:
                raise jwt.InvalidTokenError("it is made out to another client (`azp`)")
            if not _same(claims.get("nonce"), nonce):
                raise jwt.InvalidTokenError("its `nonce` is not the one of this sign-in")
            if "at_hash" in claims and not _same(claims["at_hash"], _hash(access, header["alg"])):
                raise jwt.InvalidTokenError("it came with another access token (`at_hash`)")
        except (jwt.PyJWTError, UnicodeError) as error:
            raise NotAuthenticated(f"the ID token is not accepted: {error}.") from error

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
            claims = self._decoded(token, header, self._settings.audience, self._required)
            self._require_access(header, claims)
            _require_storable(claims)
        except (jwt.PyJWTError, UnicodeError) as error:
            raise NotAuthenticated(f"the token is not accepted: {error}.") from error
        return claims

    def _decoded(
        self, token: str, header: dict[str, Any], audience: str | None, required: Sequence[str]
    ) -> dict[str, Any]:
        """The claims of a token that the issuer signed for this audience and now.

        Raises:
            jwt.PyJWTError: it is not valid.
            IssuerUnavailable: tokens cannot be checked now.
        """
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError("it is not signed as it must be")
        found = None if key_id == "" else self._keys.find(key_id)
        if found is None:
            raise jwt.InvalidKeyError("its issuer has no key of that id")
        failure: jwt.PyJWTError = jwt.InvalidAlgorithmError(
            "its issuer's key of that id is for another algorithm"
        )
        fitting = found.get(algorithm, [])
        if key_id is None and len(fitting) > MOST_TRIED:
            raise jwt.InvalidKeyError(
                f"it names no key (`kid`), and its issuer has {len(fitting)} keys that might fit"
            )
        for key in fitting:
            try:
                claims: dict[str, Any] = jwt.decode(
                    token,
                    key,
                    [algorithm],
                    audience=audience,
                    issuer=self._settings.issuer,
                    leeway=self._settings.leeway_s,
                    options={"require": list(required), "enforce_minimum_key_length": True},
                )
            except jwt.InvalidSignatureError as error:  # of two keys of one id the other may fit
                failure = error
            else:
                return claims
        raise failure

    def _require_access(self, header: dict[str, Any], claims: dict[str, Any]) -> None:
        """Check that the token is one for access, and made out to a client that may come.

        Raises:
            jwt.InvalidTokenError: it is another: an ID token above all, which any client shows
                around, or one for a client that is not named.
        """
        kind = header.get("typ") or "JWT"
        kind = kind.lower().removeprefix("application/") if isinstance(kind, str) else ""
        if kind not in self._settings.token_types:
            raise jwt.InvalidTokenError(
                f"its type is {quoted(str(header.get('typ')))}, and access takes "
                f"{' or '.join(self._settings.token_types)}"
            )
        if kind != ACCESS:
            stated = next((claims[name] for name in KIND_CLAIMS if name in claims), None)
            if stated is not None and str(stated).lower() not in KINDS_OF_ACCESS:
                raise jwt.InvalidTokenError(
                    f"it is not an access token: it says that it is {quoted(str(stated))}"
                )
            telling = [name for name in NOT_OF_ACCESS if name in claims]
            if stated is None and telling:
                raise jwt.InvalidTokenError(
                    f"it is not an access token: it carries {', '.join(telling)}; send the access token"
                )
            says_so = stated is not None or any(name in claims for name in OF_ACCESS)
            if not header.get("typ") and not says_so:
                raise jwt.InvalidTokenError(
                    "it is not an access token as far as it tells: it has neither a type, a scope nor "
                    "the client that it is made out to"
                )
        parties = self._settings.authorized_parties
        given = [claims[name] for name in PARTY_CLAIMS if name in claims]
        strange = [quoted(str(party)) for party in given if party not in parties]
        if parties and (strange or not given):
            raise jwt.InvalidTokenError(
                f"it is made out to {strange[0] if strange else 'no client'}, which is none of "
                "auth.authorized_parties"
            )

    def _role(self, claims: dict[str, Any]) -> Role | None:
        names = self._settings.role_names
        given = [
            names[value] for value in _texts(claims, self._settings.role_claim) if value in names
        ]
        return max(given, key=ROLES.index, default=None)


def _time(seconds: Any) -> datetime:
    """A time that a token names; what is beyond the calendar is its end."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)


def _same(given: Any, expected: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), expected.encode())


def _hash(access: str, algorithm: str) -> str:
    """The left half of an access token's hash, as `at_hash` has it (OpenID Connect Core, 3.1.3.6)."""
    kind = {"256": "sha256", "384": "sha384"}.get(algorithm[-3:], "sha512")
    digest = hashlib.new(kind, access.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


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


def _require_storable(claims: Any) -> None:
    """Check that a token's texts can be searched for and recorded.

    Raises:
        jwt.InvalidTokenError: one of them cannot.
    """
    waiting = [claims]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if why := unstorable_text(value):
                raise jwt.InvalidTokenError(f"a claim {why}")
        elif isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
