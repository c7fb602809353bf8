"""The database is opened, migrated once however many start, and its absence is a clear error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

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
        database.check()
        with database.engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
            assert set(inspect(connection).get_table_names()) >= set(Table.metadata.tables)
        database.close()


def test_processes_that_open_a_new_file_at_once_wait_for_each_other(tmp_path: Path) -> None:
    at_once = 8
    together = Barrier(at_once)

    def mode(file: Path) -> str:
        database = Database(f"sqlite:///{file}")
        together.wait()
        database.check()
        with database.engine.connect() as connection:
            found = str(connection.execute(text("PRAGMA journal_mode")).scalar())
        database.close()
        return found

    with ThreadPoolExecutor(at_once) as pool:
        for number in range(50):
            modes = list(pool.map(mode, [tmp_path / f"{number}.db"] * at_once))
            assert modes == ["wal"] * at_once


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "sqlite:///file.db"),
        ("oracle9://x/y", "sqlite:///file.db"),
    ],
)
def test_a_url_that_is_none_is_refused(url: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Database(url)


def test_a_server_that_is_away_is_reported_without_its_password() -> None:
    database = Database("postgresql://plumb:secret@127.0.0.1:1/plumb?connect_timeout=2")
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1.*store\.url") as raised:
        database.check()
    assert "secret" not in str(raised.value)


def test_a_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no database" * 1000)
    with pytest.raises(StoreUnavailable, match=r"x\.db"):
        Database(f"sqlite:///{tmp_path / 'x.db'}").migrate()


def modes(folder: Path) -> dict[str, str]:
    return {one.name: f"{one.stat().st_mode & 0o777:o}" for one in sorted(folder.iterdir())}


def used(url: str) -> Database:
    database = Database(url)
    database.migrate()
    with database.session() as session:
        session.execute(text("CREATE TABLE IF NOT EXISTS more (x INTEGER)"))
        session.execute(text("INSERT INTO more VALUES (1)"))
    return database


@pytest.fixture(params=[0o000, 0o022, 0o002])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_a_store_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "deep"
    database = used(f"sqlite:///{folder / 'store.db'}")
    found = modes(folder)
    assert {"store.db", "store.db-wal", "store.db-shm"} <= set(found)
    assert set(found.values()) == {"600"}
    assert {f"{one.stat().st_mode & 0o777:o}" for one in (folder, folder.parent)} == {"700"}
    database.close()


@pytest.mark.usefixtures("umask")
def test_a_store_that_was_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    first = used(url)
    for one in tmp_path.glob("store.db*"):
        one.chmod(0o644)
    second = used(url)
    assert set(modes(tmp_path).values()) == {"600"}
    for one in (first, second):
        one.close()


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    used(f"sqlite:///{tmp_path / 'store.db'}").close()
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_store_behind_a_link_and_by_a_uri_is_private_too(tmp_path: Path) -> None:
    (tmp_path / "real.db").touch(0o644)
    (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
    used(f"sqlite:///{tmp_path / 'link.db'}").close()
    used(f"sqlite:///file:{tmp_path / 'uri.db'}?uri=true").close()
    assert modes(tmp_path)["real.db"] == modes(tmp_path)["uri.db"] == "600"
