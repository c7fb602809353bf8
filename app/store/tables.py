"""The registry that every table joins."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, MetaData
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

# Constraints get names by rule, so that migrations can name them on any database.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    """The base of all tables."""

    metadata = MetaData(naming_convention=NAMES)


class UtcTime(TypeDecorator[datetime]):
    """A time in UTC, aware of it; SQLite does not keep the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        time: datetime = value
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


class JsonText(str):
    """JSON that is written already: a column of JSON stores it as it stands."""

    __slots__ = ()


def as_json(value: Any) -> str:
    """What a column of JSON stores of a value."""
    return value if isinstance(value, JsonText) else json.dumps(value)


def storable(text: str) -> str:
    """The text with `?` for what PostgreSQL does not take: NUL, half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")
