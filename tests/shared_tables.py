"""Tables of a new SQLite database, made by the migrations once and then by the statements that they came to.

Alembic takes 30 milliseconds for them, and tests open a thousand databases.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

Upgrade = Callable[[Connection], None]


def kept_statements(upgrade: Upgrade) -> Upgrade:
    """`upgrade`, which runs migrations, where a database is not new or not SQLite's."""
    kept: list[str] = []

    def quick(connection: Connection) -> None:
        is_new = connection.dialect.name == "sqlite" and not _statements(connection)
        if is_new and kept:
            for statement in kept:
                connection.exec_driver_sql(statement)
            return
        upgrade(connection)
        if is_new:
            (head,) = connection.exec_driver_sql("SELECT version_num FROM alembic_version").one()
            kept[:] = [
                *_statements(connection),
                f"INSERT INTO alembic_version VALUES ('{head}')",
            ]

    return quick


def _statements(connection: Connection) -> list[str]:
    """The statements that made what is in the database, tables before their indexes."""
    found = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' ORDER BY rowid"
    return [row[0] for row in connection.exec_driver_sql(found)]
