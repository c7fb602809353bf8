"""What a browser keeps of a sign-in at the issuer between its start and its end.

It is in a cookie of that browser, sealed with a key that all processes share: any of them can end what
another has begun, and nothing that strangers begin is stored here.
"""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from app.security.sealing import seal, shared_key, unseal
from app.store.database import Database

KEY_NAME = PURPOSE = "sign-in flow"
LASTING = timedelta(minutes=10)
LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Flow:
    """One sign-in that a browser has begun.

    Attributes:
        redirect_uri: where the issuer sends the browser back to.
        next: the page that the person wanted.
        before: the digest of the sign-in that the browser had; it ends with the new one.
        state: comes back with the browser, and no other page knows it.
        nonce: comes back in the ID token.
        verifier: the secret of PKCE (RFC 7636).
    """

    redirect_uri: str
    next: str
    before: str
    state: str
    nonce: str
    verifier: str

    @classmethod
    def begun(cls, redirect_uri: str, next: str, before: str) -> Flow:
        """A new one."""
        return cls(redirect_uri, next, before, *(secrets.token_urlsafe(32) for _ in range(3)))


class SealedFlows:
    """Seals and opens what browsers keep. Safe to share between threads.

    Args:
        database: where the key is; migrated.
        clock: the time now.
    """

    def __init__(
        self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._clock = clock

    def sealed(self, flow: Flow) -> str:
        """What the cookie holds.

        Raises:
            StoreUnavailable: the key cannot be had.
        """
        text = json.dumps({**asdict(flow), "until": (self._clock() + LASTING).timestamp()})
        return urlsafe_b64encode(seal(self._key, text.encode(), PURPOSE.encode())).decode()

    def opened(self, cookie: str) -> Flow | None:
        """What a cookie holds; None: it is none of ours, or its ten minutes are over.

        Raises:
            StoreUnavailable: the key cannot be had.
        """
        try:
            sealed = urlsafe_b64decode(cookie[:LONGEST].encode())
        except ValueError:
            return None
        text = unseal(self._key, sealed, PURPOSE.encode())
        if text is None:
            return None
        kept = json.loads(text)
        try:
            return Flow(**kept) if kept.pop("until") > self._clock().timestamp() else None
        except (KeyError, TypeError):  # another release sealed it, and keeps other things
            return None

    @cached_property
    def _key(self) -> bytes:
        return shared_key(self._database, KEY_NAME)
