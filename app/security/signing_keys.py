"""The keys that an OpenID Connect issuer signs with: fetched, kept, and fetched again in time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import jwt

from app.errors import IssuerUnavailable
from app.security.settings import check_url

DISCOVERY = "/.well-known/openid-configuration"
# Symmetric keys have no place here: whoever can read one could sign with it.
ASYMMETRIC_KINDS = ("RSA", "EC", "OKP")
FRESH_S = 600.0  # after this long they are fetched again
LASTING_S = 3600.0  # and for so long they hold where the issuer is away
UNKNOWN_S = 60.0  # an unknown key id is no reason to ask oftener
AFTER_FAILURE_S = 5.0
TIMEOUT_S = 5.0
MOST_BYTES = 1_000_000


class SigningKeys:
    """The issuer's keys by id. Safe to share between threads.

    Args:
        issuer: its URL.
        jwks_url: where its keys are; None: where its discovery document says.
        clock: seconds that never go back.
    """

    def __init__(
        self, issuer: str, jwks_url: str | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._clock = clock
        self._fetching = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = self._failed = -float("inf")
        self._failure = ""

    def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key of this id; None if the issuer has none.

        Raises:
            IssuerUnavailable: that cannot be told, since the issuer cannot be asked.
        """
        known, age = self._keys.get(key_id), self._clock() - self._fetched
        if known is not None and age < FRESH_S:
            return known
        if known is not None and age < LASTING_S:
            return self._renewed(key_id, known)
        with self._fetching:
            # Whoever fetched meanwhile did it for all who waited.
            age = self._clock() - self._fetched
            if age >= (FRESH_S if key_id in self._keys else UNKNOWN_S):
                self._fetch()
            return self._keys.get(key_id)

    def fetch(self) -> int:
        """Ask the issuer now; how many keys it has.

        Raises:
            IssuerUnavailable: they cannot be had.
        """
        with self._fetching:
            self._fetch()
        return len(self._keys)

    def _renewed(self, key_id: str, known: jwt.PyJWK) -> jwt.PyJWK | None:
        """The key as it is now; the known one where the issuer is away, or is being asked."""
        if self._clock() - self._failed < UNKNOWN_S or not self._fetching.acquire(blocking=False):
            return known
        try:
            self._fetch()
        except IssuerUnavailable:
            return known
        finally:
            self._fetching.release()
        return self._keys.get(key_id)

    def _fetch(self) -> None:
        if self._clock() - self._failed < AFTER_FAILURE_S:
            raise IssuerUnavailable(self._failure)
        try:
            with httpx.Client(timeout=TIMEOUT_S) as client:
                found = _json(client, self._jwks_url or self._discovered(client))
            keys = [usable for key in found["keys"] if (usable := _usable(key))]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
            detail = " ".join(str(error).split())[:200] or type(error).__name__
            self._failure = (
                f"the keys of the issuer {self._issuer} cannot be had ({detail}); tokens cannot be "
                "checked now."
            )
            self._failed = self._clock()
            raise IssuerUnavailable(self._failure) from error
        self._keys = {str(key.key_id): key for key in keys}
        self._fetched = self._clock()

    def _discovered(self, client: httpx.Client) -> str:
        found = _json(client, self._issuer.rstrip("/") + DISCOVERY)
        if found["issuer"] != self._issuer:
            raise ValueError(f"it calls itself {found['issuer']!r}; write auth.issuer so")
        url = str(found["jwks_uri"])
        check_url(url)
        return url


def _usable(key: dict[str, Any]) -> jwt.PyJWK | None:
    """The key, if it is one to check signatures with; others may stand beside it."""
    if key["kty"] not in ASYMMETRIC_KINDS or key.get("use", "sig") != "sig" or not key.get("kid"):
        return None
    try:
        return jwt.PyJWK(key)
    except jwt.PyJWTError:
        return None


def _json(client: httpx.Client, url: str) -> Any:
    with client.stream("GET", url) as response:
        if response.status_code != httpx.codes.OK:
            raise ValueError(f"{url}: status {response.status_code}")
        body = b""
        for piece in response.iter_bytes():
            body += piece
            if len(body) > MOST_BYTES:
                raise ValueError(f"{url}: too much for keys")
    return json.loads(body)
