"""The database is opened, migrated once by however many, and told of in words when it is away."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import app.batch.tables
import app.lineage.tables
import app.security.tables  # noqa: F401 (all join the registry)
from app.errors import StoreUnavailable
from app.store.database import Database
from app.store.tables import Table
from prompts.errors import SettingsError


def test_the_migrations_make_the_tables_that_the_code_has(store_url: str) -> None:
    database = Database(store_url)
    database.migrate()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []
    database.close()


def test_processes_that_start_at_once_migrate_once(store_url: str) -> None:
    databases = [Database(store_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Database.migrate, databases))
    for database in databases:
        database.migrate()
        database.check()
        database.close()


def test_processes_that_open_a_new_file_at_once_wait_for_each_other(tmp_path: Path) -> None:
    at_once = 8
    together = Barrier(at_once)

    def opened(file: Path) -> None:
        database = Database(f"sqlite:///{file}")
        together.wait()
        database.check()
        database.close()

    with ThreadPoolExecutor(at_once) as pool:
        for number in range(50):
            list(pool.map(opened, [tmp_path / f"{number}.db"] * at_once))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "sqlite:///file.db"),
        ("oracle9://x/y", "sqlite:///file.db"),
    ],
)
def test_a_url_that_is_none_is_refused(url: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        Database(url)


def test_a_server_that_is_away_is_told_without_its_password() -> None:
    database = Database("postgresql://plumb:secret@127.0.0.1:1/plumb?connect_timeout=2")
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1.*store\.url") as told:
        database.check()
    assert "secret" not in str(told.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no database" * 1000)
    with pytest.raises(StoreUnavailable, match=r"x\.db"):
        Database(f"sqlite:///{tmp_path / 'x.db'}").migrate()
