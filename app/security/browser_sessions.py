"""Sign-ins of browsers: a cookie holds a random token, the database whose it is.

The cookie holds neither a key nor an access token. A session of an API key has the key's role and groups
of now, and ends with the key. Of the token only the SHA-256 is stored: it is 256 random bits.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select

from app.callers import Caller
from app.errors import NotAuthenticated
from app.security.keys import OWNER, Keys
from app.security.tables import BrowserSession
from app.store.database import Database

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
# Further sign-ins of one caller end the oldest.
MOST_OF_ONE = 50


class BrowserSessions:
    """The sign-ins in the database. Safe to share between threads.

    Args:
        database: where they are; migrated.
        keys: looks up the keys that were shown.
        hours: how long a sign-in holds.
    """

    def __init__(self, database: Database, keys: Keys, hours: float) -> None:
        self._database = database
        self._keys = keys
        self._lasting = timedelta(hours=hours)

    @property
    def lasting_s(self) -> int:
        """How long a sign-in holds, seconds."""
        return int(self._lasting.total_seconds())

    def begin(self, caller: Caller) -> str:
        """Sign a caller in who has shown an API key; the token for the cookie.

        Raises:
            NotAuthenticated: they have shown no key.
            StoreUnavailable: it cannot be stored.
        """
        if not caller.id.startswith(OWNER):
            raise NotAuthenticated("show an API key.")
        return self._add(caller.id, key_id=caller.id.removeprefix(OWNER))

    def identify(self, token: str) -> Caller:
        """Who signed in with this token, as they are now.

        Raises:
            NotAuthenticated: nobody, or it is over.
            StoreUnavailable: it cannot be looked up.
        """
        found = self._find(token)
        if found is None or found.key_id is None:
            raise NotAuthenticated("you are not signed in, or no longer; sign in again.")
        return self._keys.holder(found.key_id)

    def end(self, token: str) -> None:
        """Sign out. A token that is none is no error.

        Raises:
            StoreUnavailable: the database cannot be written.
        """
        with self._database.session() as session:
            session.execute(delete(BrowserSession).where(BrowserSession.digest == _digest(token)))

    def _find(self, token: str) -> BrowserSession | None:
        if not TOKEN.fullmatch(token):
            return None
        with self._database.session() as session:
            found = session.get(BrowserSession, _digest(token))
        return found if found is not None and found.expires > datetime.now(UTC) else None

    def _add(self, owner: str, key_id: str) -> str:
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        expires = now + self._lasting
        with self._database.session() as session:
            session.execute(delete(BrowserSession).where(BrowserSession.expires <= now))
            newest = (
                select(BrowserSession.digest)
                .where(BrowserSession.owner == owner)
                .order_by(BrowserSession.created.desc(), BrowserSession.digest)
            )
            for digest in session.scalars(newest).all()[MOST_OF_ONE - 1 :]:
                session.execute(delete(BrowserSession).where(BrowserSession.digest == digest))
            session.add(
                BrowserSession(
                    digest=_digest(token),
                    owner=owner,
                    key_id=key_id,
                    created=now,
                    checked_until=expires,
                    expires=expires,
                )
            )
        return token


def forgery_token(token: str) -> str:
    """What pages send back with each change, in `X-CSRF-Token`: another site's page cannot know it.

    It is made from the token in the cookie, and does not give it away.
    """
    return hmac.new(token.encode(), b"plumbline csrf", hashlib.sha256).hexdigest()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
