"""Migrations only widen: code of the two releases before works on the tables of this one."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import delete, insert, select, update

from app.errors import StoreUnavailable
from app.store.database import MIGRATIONS, Database

# Before the rule there was nothing to keep working.
RULED_FROM = "0004"
# Migration -> steps that take away what the two releases before it no longer use.
AGREED: dict[str, list[str]] = {}
VERSIONS = sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    return made


def before_this() -> list[str]:
    """The two revisions before the last one, where the rule holds for what came after them."""
    known = [one.revision for one in ScriptDirectory.from_config(config()).walk_revisions()]
    return [one for one in known[1:3] if one[:4] >= "0003"]


def test_a_migration_is_called_as_its_file() -> None:
    known = [one.revision for one in ScriptDirectory.from_config(config()).walk_revisions()]
    assert known[::-1] == [file.stem for file in VERSIONS]


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    with closing(Database(store_url)) as opened:
        opened.migrate()
        yield opened


def tables_at(revision: str, tmp_path: Path) -> sa.MetaData:
    """The tables as code of that revision knows them, read from a database that stops there."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'then.db'}")
    with engine.begin() as connection:
        stopped = config()
        stopped.attributes["connection"] = connection
        command.upgrade(stopped, revision)
    found = sa.MetaData()
    found.reflect(engine)
    engine.dispose()
    found.remove(found.tables["alembic_version"])
    return found


def value(column: sa.Column[Any], parent: str) -> Any:
    """Something that fits into a column; equal where one row names another."""
    if column.foreign_keys or (column.primary_key and column.name == "id"):
        return 1 if isinstance(column.type, sa.Integer) else parent
    kinds: dict[type, Any] = {
        sa.DateTime: datetime(2026, 1, 2, tzinfo=UTC),
        sa.Boolean: True,
        sa.Integer: 7,
        sa.Numeric: 0.5,
        sa.Float: 0.5,
        sa.JSON: {"a": [1, None]},
        sa.LargeBinary: b"bytes",
    }
    return next((v for kind, v in kinds.items() if isinstance(column.type, kind)), "text")


@pytest.mark.parametrize("revision", before_this())
def test_old_code_writes_reads_changes_and_deletes_on_the_new_tables(
    database: Database, revision: str, tmp_path: Path
) -> None:
    old = tables_at(revision, tmp_path)
    assert {"answers", "feedback", "batches", "batch_questions", "access_keys"} <= set(old.tables)
    with database.engine.begin() as connection:
        for table in old.sorted_tables:
            row = {column.name: value(column, "x" * 10) for column in table.columns}
            connection.execute(insert(table).values(row))
            (kept,) = connection.execute(select(table)).mappings()
            for column in table.columns:
                if not isinstance(column.type, sa.DateTime):
                    assert kept[column.name] == row[column.name], f"{table.name}.{column.name}"
            changed = [c for c in table.columns if not c.primary_key and not c.foreign_keys]
            connection.execute(update(table).values({c.name: row[c.name] for c in changed}))
            bare = [c for c in table.columns if c.nullable]
            if bare:
                connection.execute(update(table).values({c.name: None for c in bare}))
        for table in reversed(old.sorted_tables):
            if not any(column.foreign_keys for column in table.columns):
                connection.execute(delete(table))
        for table in old.sorted_tables:  # with what belongs to them
            assert connection.execute(select(table)).first() is None, table.name


def test_code_older_than_the_database_starts_and_says_so(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999_later'"))
    with caplog.at_level(logging.WARNING):
        database.migrate()
    assert "at revision 9999_later, newer than this code's" in caplog.text
    with database.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "9999_later"


def test_a_database_that_was_set_back_for_older_code_is_brought_up_to_date_again(
    database: Database,
) -> None:
    with database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0003_batches'"))
    database.migrate()
    last = ScriptDirectory.from_config(config()).get_current_head()
    with database.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == last


@pytest.mark.parametrize("revision", ["ae1027a6acf", "0001_of_another"])
def test_a_database_of_something_else_is_refused(database: Database, revision: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{revision}'"))
    with pytest.raises(StoreUnavailable, match=rf"{revision}.*none of Plumbline's"):
        database.migrate()


def narrowing(source: str) -> list[str]:
    """What an upgrade does that code of the release before may not survive."""
    (upgrade,) = (
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == "upgrade"
    )
    calls = [node for node in ast.walk(upgrade) if isinstance(node, ast.Call)]
    made = [_text(one.args[0]) for one in calls if _name(one) == "op.create_table"]
    found = []
    for call in calls:
        name = _name(call)
        if not name.startswith("op."):
            continue
        keywords = {one.arg: one.value for one in call.keywords}
        if name in ("op.create_table", "op.get_bind"):
            continue
        if name == "op.create_index":
            unique = "unique" in keywords and _text(keywords["unique"]) != "False"
            if unique and _text(call.args[1]) not in made:
                found.append("a unique index on a table that is there refuses old code's rows")
        elif name == "op.add_column":
            column = call.args[1]
            given = {one.arg: one.value for one in getattr(column, "keywords", [])}
            nullable = "nullable" not in given or _text(given["nullable"]) == "True"
            if not nullable and "server_default" not in given:
                found.append("a column that must be filled in and has no server_default")
            if any(_name(one) == "sa.ForeignKey" for one in ast.walk(column) if isinstance(one, ast.Call)):  # fmt: skip
                found.append("a column that refuses what it does not know")
        else:
            found.append(name)
    return found


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func)


def _text(node: ast.AST) -> str:
    return ast.unparse(node)


@pytest.mark.parametrize(
    "file", [f for f in VERSIONS if f.name[:4] >= RULED_FROM], ids=lambda f: f.stem
)
def test_an_upgrade_only_adds(file: Path) -> None:
    assert narrowing(file.read_text("utf-8")) == AGREED.get(file.stem, [])


@pytest.mark.parametrize(
    "step",
    [
        'op.drop_column("answers", "release")',
        'op.alter_column("answers", "model", nullable=False)',
        'op.add_column("answers", sa.Column("x", sa.String(), nullable=False))',
        'op.add_column("answers", sa.Column("x", sa.String(), sa.ForeignKey("batches.id")))',
        'op.create_index("ix", "answers", ["model"], unique=True)',
        'op.execute("UPDATE answers SET model = NULL")',
        'with op.batch_alter_table("answers") as batch:\n        batch.drop_column("x")',
    ],
)
def test_a_step_that_narrows_is_found(step: str) -> None:
    assert narrowing(f"def upgrade():\n    {step}\n")


def test_steps_that_widen_pass() -> None:
    steps = [
        'op.add_column("answers", sa.Column("x", sa.String(), nullable=True))',
        'op.add_column("answers", sa.Column("x", sa.String(), nullable=False, server_default=""))',
        'op.create_table("new", sa.Column("id", sa.String()))',
        'op.create_index("ix", "new", ["id"], unique=True)',
        'op.create_index("ix", "answers", ["model"])',
    ]
    assert narrowing("def upgrade():\n    " + "\n    ".join(steps)) == []
