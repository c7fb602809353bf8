"""API keys: made, listed, revoked, and matched to their callers.

A key is `plumb_<public id>_<secret>`. Only the secret's SHA-256 is kept. That is enough, and a slow
password hash would buy nothing: the secret is 256 random bits, so nobody can guess their way back.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import Select, or_, select, update

from app.callers import Caller, Role
from app.errors import (
    InvalidRequest,
    KeyNotInForce,
    NotAuthenticated,
    StoreUnavailable,
    UnknownKey,
)
from app.security.tables import AccessKey
from app.store.database import Database

logger = logging.getLogger(__name__)
PREFIX = "plumb_"
KEY = re.compile(r"plumb_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,79}")
# Use is noted no oftener: nobody wants a write for every question.
NOTED_EVERY = timedelta(hours=1)
NOBODY = "0" * 64
# What the ids of callers who showed a key begin with.
OWNER = "key:"


class Keys:
    """The keys in the database. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        name: str,
        role: Role,
        groups: Sequence[str] | None = None,
        expires_in: timedelta | None = None,
    ) -> str:
        """Make a key and return it, for the only time.

        Args:
            name: what it is called in records.
            role: what its holder may do.
            groups: whose documents its holder sees; None: all documents.
            expires_in: how long it holds; None: until it is revoked.

        Raises:
            InvalidRequest: the name or a group is none, or a key in force has the name.
            StoreUnavailable: it cannot be kept.
        """
        if not NAME.fullmatch(name):
            raise InvalidRequest(
                f"{name[:100]!a} is not a valid name for a key; use up to 80 letters, digits, and . _ @ -"
            )
        if groups is not None and not all(group.strip() for group in groups):
            raise InvalidRequest("a group must have a name.")
        public, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        now = datetime.now(UTC)
        key = AccessKey(
            id=public,
            name=name,
            digest=_digest(secret),
            role=role,
            groups=None if groups is None else sorted(set(groups)),
            created=now,
            expires=now + expires_in if expires_in else None,
        )
        with self._database.session() as session:
            if session.scalar(_in_force(name)) is not None:
                raise InvalidRequest(
                    f"a key {name!r} is in force; revoke it first, or use another name."
                )
            session.add(key)
        return f"{PREFIX}{public}_{secret}"

    def all(self) -> list[AccessKey]:
        """All keys, oldest first; revoked ones too."""
        with self._database.session() as session:
            return list(session.scalars(select(AccessKey).order_by(AccessKey.created)))

    def revoke(self, name_or_id: str) -> AccessKey:
        """Revoke a key in force; it is refused from the next request on.

        Raises:
            UnknownKey: no such name or id.
        """
        with self._database.session() as session:
            found = session.scalar(_in_force(name_or_id))
            if found is None:
                raise UnknownKey(
                    f"no key in force has the name or id {name_or_id[:100]!a}; `plumb keys list` "
                    "shows them."
                )
            found.revoked = datetime.now(UTC)
            return found

    def verify(self, given: str) -> Caller:
        """Whose key this is.

        Raises:
            NotAuthenticated: it is not valid, or no longer in force. The message does not say which.
            StoreUnavailable: keys cannot be looked up.
        """
        shaped = KEY.fullmatch(given)
        if shaped is None:
            raise _refused()
        public, secret = shaped.groups()
        with self._database.session() as session:
            found = session.get(AccessKey, public)
        right = hmac.compare_digest(_digest(secret), found.digest if found else NOBODY)
        now = datetime.now(UTC)
        if (
            found is None
            or not right
            or found.revoked is not None
            or (found.expires is not None and found.expires <= now)
        ):
            raise _refused()
        if found.last_used is None or now - found.last_used > NOTED_EVERY:
            self._note_use(public, now)
        return _caller(found)

    def holder(self, public: str) -> Caller:
        """Whose key this is, by its public id, with the role and groups that it has now.

        Raises:
            NotAuthenticated: it is unknown, or no longer in force.
            StoreUnavailable: keys cannot be looked up.
        """
        with self._database.session() as session:
            found = session.get(AccessKey, public)
        if (
            found is None
            or found.revoked is not None
            or (found.expires is not None and found.expires <= datetime.now(UTC))
        ):
            raise _refused()
        return _caller(found)

    def require_in_force(self, caller: Caller) -> None:
        """Check that a caller's key still lets them do what it did, long after their request.

        Callers who showed no key pass.

        Raises:
            KeyNotInForce: the key was revoked or deleted, has expired, or has another role or groups.
            StoreUnavailable: keys cannot be looked up.
        """
        if not caller.id.startswith(OWNER):
            return
        with self._database.session() as session:
            found = session.get(AccessKey, caller.id.removeprefix(OWNER))
        why = None
        if found is None or found.revoked is not None:
            why = "was revoked"
        elif found.expires is not None and found.expires <= datetime.now(UTC):
            why = "has expired"
        elif _caller(found) != caller:
            why = "has another role or other groups now"
        if why is not None:
            raise KeyNotInForce(f"{caller.name} {why}.")

    def _note_use(self, public: str, now: datetime) -> None:
        try:
            with self._database.session() as session:
                session.execute(
                    update(AccessKey).where(AccessKey.id == public).values(last_used=now)
                )
        except StoreUnavailable as error:  # the key is right all the same
            logger.warning("the use of a key could not be noted: %s", error)


def _caller(key: AccessKey) -> Caller:
    groups = None if key.groups is None else frozenset(key.groups)
    # By the key's own id: a name is free again after a revocation, and what was asked with the
    # key before must not go to its successor.
    return Caller(f"key {key.name}", cast("Role", key.role), groups, f"{OWNER}{key.id}")


def _in_force(name_or_id: str) -> Select[AccessKey]:
    wanted = or_(AccessKey.name == name_or_id, AccessKey.id == name_or_id)
    return select(AccessKey).where(wanted, AccessKey.revoked.is_(None))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _refused() -> NotAuthenticated:
    return NotAuthenticated("the key is unknown, revoked or expired; ask for a new one.")
