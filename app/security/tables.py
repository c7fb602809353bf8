"""Tables of access: keys, sign-ins of browsers, and the log of administrative acts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables import Table, UtcTime

# Of the keys that are in force only one may have a name.
IN_FORCE = text("revoked IS NULL")


class AccessKey(Table):
    """An API key: all but its secret."""

    __tablename__ = "access_keys"
    __table_args__ = (
        Index(
            "ix_access_keys_name",
            "name",
            unique=True,
            sqlite_where=IN_FORCE,
            postgresql_where=IN_FORCE,
        ),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(10))
    groups: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    created: Mapped[datetime] = mapped_column(UtcTime)
    expires: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked: Mapped[datetime | None] = mapped_column(UtcTime)
    last_used: Mapped[datetime | None] = mapped_column(UtcTime)


class BrowserSession(Table):
    """One sign-in of a browser: all but the token in its cookie.

    Attributes:
        digest: SHA-256 of the token.
        owner: the id of the caller who signed in.
        key_id: the API key that was shown; NULL: an access token was.
        caller: the caller as the access token had them; NULL where a key was shown.
        renewal: the issuer's refresh token, encrypted with the token in the cookie.
        checked_until: until when `caller` holds without asking the issuer again.
        expires: when the browser has to sign in again.
    """

    __tablename__ = "browser_sessions"
    __table_args__ = (
        Index("ix_browser_sessions_owner", "owner", "created"),
        Index("ix_browser_sessions_expires", "expires"),
    )

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str]
    key_id: Mapped[str | None] = mapped_column(String(12))
    caller: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    renewal: Mapped[bytes | None]
    created: Mapped[datetime] = mapped_column(UtcTime)
    checked_until: Mapped[datetime] = mapped_column(UtcTime)
    expires: Mapped[datetime] = mapped_column(UtcTime)


class AuditEntry(Table):
    """One administrative act, or an attempt that was denied.

    Attributes:
        caller: the name of who did it, for people to read.
        owner: the id of who did it; NULL: nobody is known, or older code wrote it.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_outcome_action", "outcome", "action", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    caller: Mapped[str] = mapped_column(String(200), index=True)
    owner: Mapped[str | None] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(String(50))
    subject: Mapped[str] = mapped_column(String(500))
    outcome: Mapped[str] = mapped_column(String(50))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)


class Spending(Table):
    """One thing that a caller may do so often a minute, done by them within the last minute."""

    __tablename__ = "spending"
    __table_args__ = (Index("ix_spending_what_who", "what", "who", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    what: Mapped[str] = mapped_column(String(50))
    who: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcTime)
