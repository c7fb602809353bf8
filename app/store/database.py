"""Open the database, and bring its tables up to date by the migrations."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from app.errors import StoreUnavailable
from app.store.cloud_identity import QUERY, sign_in_by_identity
from app.store.private_files import keep_private
from app.store.tables import as_json
from prompts.errors import SettingsError

logger = logging.getLogger(__name__)
# A migration's name: its number, and what it is about.
REVISION = re.compile(r"\d{4}_")
MIGRATIONS = Path(__file__).parent / "migrations"
# Processes that start at once migrate one after the other.
MIGRATION_LOCK = 7_203_341
SQLITE_WAIT_S = 15.0
# What SQLite puts beside a database.
BESIDE = ("-wal", "-shm", "-journal")


class Migrations(NamedTuple):
    """How far a database's tables are.

    Attributes:
        pending: migrations that it has not had yet, oldest first.
        unknown: its migration, where this version of the code does not know it; else empty.
    """

    pending: tuple[str, ...]
    unknown: str = ""


class Database:
    """Sessions on one database. Safe to share between threads.

    Attributes:
        shown: its URL without the password.
    """

    def __init__(self, url: str) -> None:
        self.shown = _shown(url)
        self.engine = _engine(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction: committed at the end, rolled back where the block raises.

        Raises:
            StoreUnavailable: the database cannot be reached or written.
        """
        with self.translate_errors(), self._sessions() as session, session.begin():
            yield session

    @contextmanager
    def locked(self, name: str) -> Iterator[Session]:
        """A transaction that waits until no other one under this name is open, in any process.

        What is counted in it is still so when it is committed.

        Raises:
            StoreUnavailable: the database cannot be reached or written, or others hold it too long.
        """
        with self.session() as session:
            connection = session.connection()
            if connection.dialect.name == "postgresql":
                key = int.from_bytes(
                    sha256(name.encode("utf-8", "replace")).digest()[:8], "big", signed=True
                )
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
            else:
                _wait_for_others(connection)  # SQLite has one lock
            yield session

    def migrate(self) -> None:
        """Make the tables, or bring them up to date; nothing happens where they are.

        Nor where newer code has brought them further: migrations only widen, so that this code
        works on, as it must after a rollback.

        Raises:
            StoreUnavailable: the database cannot be reached or written, or is not Plumbline's.
        """
        from alembic.migration import MigrationContext

        known = _revisions()
        with self.translate_errors(), self.engine.begin() as connection:
            _wait_for_others(connection)
            found = MigrationContext.configure(connection).get_current_heads()
            if found != (known[0],) and not self._is_ahead(found, known):
                _upgrade(connection)

    def _is_ahead(self, heads: Sequence[str], known: Sequence[str]) -> bool:
        """Whether newer code has migrated the database; `known`: this code's revisions, last first."""
        for found in heads:
            if found in known:
                continue
            if not REVISION.match(found) or found[:4] <= known[0][:4]:
                raise StoreUnavailable(
                    f"{self.shown}: is at revision {found!r}, which is none of Plumbline's "
                    f"(the last is {known[0]}); set store.url to a database of its own."
                )
            logger.warning(
                "%s is at revision %s, newer than this code's %s: it is used as it is, since "
                "migrations only add what older code does not need.",
                self.shown,
                found,
                known[0],
            )
            return True
        return False

    def migrations(self) -> Migrations:
        """Which migrations the database has, and which are to come; nothing is changed.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        from alembic.migration import MigrationContext

        known = _revisions()[::-1]
        with self.translate_errors(), self.engine.connect() as connection:
            at = MigrationContext.configure(connection).get_current_revision()
        if at is None:
            return Migrations(tuple(known))
        if at not in known:
            return Migrations((), at)
        return Migrations(tuple(known[known.index(at) + 1 :]))

    def check(self) -> None:
        """Raise `StoreUnavailable` if it cannot be read."""
        with self.translate_errors(), self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Raise errors of the database as `StoreUnavailable`."""
        try:
            yield
        except SQLAlchemyError as error:
            detail = " ".join(str(getattr(error, "orig", None) or error).split())[:300]
            raise StoreUnavailable(f"{self.shown}: {detail}; check store.url.") from error


@contextmanager
def migrated(url: str) -> Iterator[Database]:
    """A database with its tables up to date, open while the context lasts.

    Raises:
        As `Database.migrate`.
    """
    with closing(Database(url)) as database:
        database.migrate()
        yield database


def _revisions() -> list[str]:
    """Our migrations, last first: each is called as its file, so that a start loads none of them."""
    return sorted((file.stem for file in MIGRATIONS.glob("versions/[0-9]*.py")), reverse=True)


def _upgrade(connection: Connection) -> None:
    """Run the migrations that the database has not had."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed.database, parsed)
        cloud = parsed.query.get(QUERY)
        parsed = parsed.difference_update_query([QUERY])
        engine = create_engine(parsed, pool_pre_ping=True, json_serializer=as_json)
        if cloud is not None:
            sign_in_by_identity(engine, parsed, str(cloud))
        return engine
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        detail = " ".join(str(error).split())
        raise SettingsError(
            f"store.url: {_shown(url)}: {detail}; write sqlite:///file.db or "
            "postgresql://user:password@host/database (pip install 'plumbline[postgres]')."
        ) from error


def _sqlite(file: str | None, url: Any) -> Engine:
    # SQLite's own URLs (`file:…?uri=true`) name files as well.
    name = (file or "").removeprefix("file:").partition("?")[0]
    if name and name != ":memory:" and "mode=memory" not in (file or ""):
        # As it stands: SQLite, too, takes `~` for a folder of that name.
        path = Path(name).absolute()
        try:
            keep_private(path, *(path.with_name(path.name + end) for end in BESIDE))
        except OSError as error:
            raise StoreUnavailable(
                f"{path}: {error.strerror or error}; check store.url."
            ) from error
    engine = create_engine(url, connect_args={"timeout": SQLITE_WAIT_S}, json_serializer=as_json)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        # Readers do not wait for the one writer; and rows that point nowhere are refused.
        for attempt in _while_locked():
            with attempt:
                connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


def _while_locked() -> Retrying:
    """Attempts while another process holds the file.

    SQLite's own timeout does not wait where a new file changes to write-ahead logging: processes
    that start at once would get "database is locked".
    """
    return Retrying(
        retry=retry_if_exception(_locked),
        stop=stop_after_delay(SQLITE_WAIT_S),
        wait=wait_random(0.005, 0.05),
        reraise=True,
    )


def _locked(error: BaseException) -> bool:
    # The low byte is the kind; the rest says more of it.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return isinstance(error, sqlite3.OperationalError) and code & 0xFF == sqlite3.SQLITE_BUSY


def _wait_for_others(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
    elif connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _shown(url: str) -> str:
    """The URL without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "the URL"
