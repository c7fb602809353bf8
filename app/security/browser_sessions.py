"""Sign-ins of browsers: a cookie holds a random token, the database whose it is.

The cookie holds neither a key nor an access token. Of the token only the SHA-256 is stored: it is 256
random bits. A session of an API key has the key's role and groups of now, and ends with the key. One of
the issuer has those of the last access token, and gets the next one when that expires. Its refresh token
is encrypted with a key that only the token in the cookie gives: who reads the database has none.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, or_, select, update

from app.callers import Caller
from app.errors import AccessDenied, IssuerUnavailable, NotAuthenticated, SignInRefused
from app.security.issuer_client import RETRY_AFTER_S, Grant, IssuerClient, Signed
from app.security.keys import OWNER, Keys
from app.security.sealing import seal, unseal
from app.security.slots import Slots
from app.security.tables import BrowserSession
from app.store.database import Database

logger = logging.getLogger(__name__)
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
# Further sign-ins of one caller end the oldest.
MOST_OF_ONE = 50
# How long one process may take to renew a session: discovery, the token, and the issuer's keys.
RENEWING = timedelta(seconds=15)
# How long others wait for it, and how often they look.
PATIENCE_S = 6.0
LOOK_EVERY_S = 0.05
# Requests of one process that wait for renewals: each holds a thread.
MOST_WAITING = 16
MOST_WAITING_OF_ONE = 8
OVER = "you are not signed in, or no longer; sign in again."


class Ended(NamedTuple):
    """A sign-in that is over.

    Attributes:
        at_issuer: whether it was one at the issuer.
        refresh: its refresh token, which the issuer can be asked to forget; None: there is none.
    """

    at_issuer: bool = False
    refresh: str | None = None


class BrowserSessions:
    """The sign-ins in the database. Safe to share between threads.

    Args:
        database: where they are; migrated.
        keys: looks up the keys that were shown.
        hours: how long a sign-in holds.
        issuer: where people sign in without a key; None: nowhere.
        clock: the time now.
    """

    def __init__(
        self,
        database: Database,
        keys: Keys,
        hours: float,
        issuer: IssuerClient | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._keys = keys
        self._lasting = timedelta(hours=hours)
        self._issuer = issuer
        self._clock = clock
        self._waiting = Slots(MOST_WAITING, MOST_WAITING_OF_ONE, "requests wait for the issuer")

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
        until = self._clock() + self._lasting
        return self._add(
            secrets.token_urlsafe(32),
            owner=caller.id,
            key_id=caller.id.removeprefix(OWNER),
            checked_until=until,
            expires=until,
        )

    def begin_at_issuer(self, signed: Signed) -> str:
        """Sign somebody in who has signed in at the issuer; the token for the cookie.

        Without a refresh token the session ends with the access token.

        Raises:
            StoreUnavailable: it cannot be stored.
        """
        token, until = secrets.token_urlsafe(32), self._clock() + self._lasting
        checked = min(signed.verified.expires, until)
        return self._add(
            token,
            owner=signed.verified.caller.id,
            caller=_stored(signed.verified.caller),
            renewal=None if signed.refresh is None else _hidden(token, signed.refresh),
            checked_until=checked,
            expires=checked if signed.refresh is None else until,
        )

    def identify(self, token: str) -> Caller:
        """Who signed in with this token, as they are now.

        The issuer is asked only where the last access token has expired.

        Raises:
            NotAuthenticated: nobody, or it is over.
            AccessDenied: the issuer gives them no role here any more; the session is over.
            IssuerUnavailable, TooBusy: the issuer cannot be asked now; the session goes on.
            StoreUnavailable: it cannot be looked up.
        """
        found = self._find(token)
        if found is None:
            raise NotAuthenticated(OVER)
        if found.key_id is not None:
            return self._keys.holder(found.key_id)
        return self._checked(found) or self._renewed(token, found)

    def end(self, token: str) -> Ended:
        """Sign out; what there was. A token that is none is no error.

        Raises:
            StoreUnavailable: the database cannot be written.
        """
        found = self._find(token)
        self.end_by_digest(digest_of(token))
        if found is None or found.key_id is not None:
            return Ended()
        refresh = None if found.renewal is None else _shown(token, found.renewal)
        return Ended(at_issuer=True, refresh=refresh)

    def end_by_digest(self, digest: str) -> None:
        """Sign out whose token has this digest; none is no error.

        Raises:
            StoreUnavailable: the database cannot be written.
        """
        with self._database.session() as session:
            session.execute(delete(BrowserSession).where(BrowserSession.digest == digest))

    def _find(self, token: str) -> BrowserSession | None:
        if not TOKEN.fullmatch(token):
            return None
        with self._database.session() as session:
            found = session.get(BrowserSession, digest_of(token))
        return found if found is not None and found.expires > self._clock() else None

    def _checked(self, found: BrowserSession) -> Caller | None:
        """Who has a session of the issuer; None: the access token has expired."""
        if found.caller is None or found.checked_until <= self._clock():
            return None
        groups = found.caller["groups"]
        return Caller(
            found.caller["name"],
            found.caller["role"],
            None if groups is None else frozenset(groups),
            found.owner,
            found.expires,
        )

    def _renewed(self, token: str, found: BrowserSession) -> Caller:
        """Who has a session whose access token has expired, as the next one says.

        One request of all processes asks the issuer: refresh tokens often count once. The others wait.
        """
        give_up = time.monotonic() + PATIENCE_S
        with self._waiting.taken(found.owner):
            while not self._claim(found.digest):
                if time.monotonic() > give_up:
                    raise IssuerUnavailable(
                        "the sign-in is being renewed; try again in a moment.", RETRY_AFTER_S
                    )
                time.sleep(LOOK_EVERY_S)
                now = self._find(token)
                if now is None:
                    raise NotAuthenticated(OVER)
                if caller := self._checked(now):
                    return caller
            # What stands there now: another request may have changed it before this one's turn.
            current = self._find(token)
            if current is None:
                raise NotAuthenticated(OVER)
            changes: dict[str, Any] = {}
            try:
                return self._checked(current) or self._ask(token, current, changes)
            except (NotAuthenticated, AccessDenied) as error:
                logger.info("the sign-in of %s is over: %s", current.owner, error)
                self.end(token)
                changes.clear()
                if isinstance(error, SignInRefused):
                    raise NotAuthenticated(OVER) from error
                raise
            finally:
                kept = self._change(current.digest, renewing_until=None, **changes)
                if not kept and "renewal" in changes and self._issuer is not None:
                    # Signed out meanwhile: nobody holds this refresh token any more.
                    refresh = _shown(token, changes["renewal"])
                    self._issuer.revoke(refresh or "", current.owner)

    def _ask(self, token: str, found: BrowserSession, changes: dict[str, Any]) -> Caller:
        """Ask the issuer for the next access token.

        Args:
            changes: takes up what is to be stored, also where the rest fails.
        """
        refresh = None if found.renewal is None else _shown(token, found.renewal)
        if self._issuer is None or refresh is None:
            raise NotAuthenticated(OVER)
        grant: Grant = self._issuer.renew(refresh, found.owner)
        if grant.refresh is not None:  # the one before may count no more
            changes["renewal"] = _hidden(token, grant.refresh)
        caller, expires = self._issuer.read(grant.access)
        if caller.id != found.owner:
            raise NotAuthenticated("the issuer's next token is somebody else's; sign in again.")
        changes.update(
            caller=_stored(caller), checked_until=min(expires, found.expires), owner=caller.id
        )
        return replace(caller, until=found.expires)

    def _claim(self, digest: str) -> bool:
        """Whether this request is the one to renew a session."""
        now = self._clock()
        claimed = (
            update(BrowserSession)
            .where(BrowserSession.digest == digest)
            .where(
                or_(BrowserSession.renewing_until.is_(None), BrowserSession.renewing_until <= now)
            )
            .values(renewing_until=now + RENEWING)
            .returning(BrowserSession.digest)
        )
        with self._database.session() as session:
            return session.scalar(claimed) is not None

    def _change(self, digest: str, **values: Any) -> bool:
        """Change a session; whether it is still there."""
        changing = update(BrowserSession).where(BrowserSession.digest == digest).values(**values)
        with self._database.session() as session:
            return session.scalar(changing.returning(BrowserSession.digest)) is not None

    def _add(self, token: str, **values: Any) -> str:
        """Store a session, in place of those that are over and of this owner's oldest; its token."""
        now = self._clock()
        with self._database.session() as session:
            session.execute(delete(BrowserSession).where(BrowserSession.expires <= now))
            newest = (
                select(BrowserSession.digest)
                .where(BrowserSession.owner == values["owner"])
                .order_by(BrowserSession.created.desc(), BrowserSession.digest)
            )
            for digest in session.scalars(newest).all()[MOST_OF_ONE - 1 :]:
                session.execute(delete(BrowserSession).where(BrowserSession.digest == digest))
            session.add(BrowserSession(digest=digest_of(token), created=now, **values))
        return token


def forgery_token(token: str) -> str:
    """What pages send back with each change, in `X-CSRF-Token`: another site's page cannot know it.

    It is made from the token in the cookie, and does not give it away.
    """
    return hmac.new(token.encode(), b"plumbline csrf", hashlib.sha256).hexdigest()


def digest_of(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _stored(caller: Caller) -> dict[str, Any]:
    """A caller without their id, as JSON."""
    groups = None if caller.groups is None else sorted(caller.groups)
    return {"name": caller.name, "role": caller.role, "groups": groups}


def _hidden(token: str, refresh: str) -> bytes:
    """A refresh token, encrypted with the token in the cookie."""
    return seal(_renewal_key(token), refresh.encode(), digest_of(token).encode())


def _shown(token: str, hidden: bytes) -> str | None:
    found = unseal(_renewal_key(token), hidden, digest_of(token).encode())
    return None if found is None else found.decode()


def _renewal_key(token: str) -> bytes:
    return hmac.new(token.encode(), b"plumbline renewal", hashlib.sha256).digest()
