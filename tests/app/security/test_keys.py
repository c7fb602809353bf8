"""Keys: printed once, kept as a digest, refused when they no longer hold."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text, update

from app.callers import Caller
from app.errors import InvalidRequest, NotAuthenticated, StoreUnavailable, UnknownKey
from app.security.keys import KEY, Keys
from app.security.tables import AccessKey
from app.store.database import Database


@pytest.fixture
def keys(database: Database) -> Keys:
    return Keys(database)


def test_a_key_says_who_with_which_role_and_groups(keys: Keys) -> None:
    made = keys.create("ci-bot", "editor")
    shaped = KEY.fullmatch(made)
    assert shaped
    assert keys.verify(made) == Caller("key ci-bot", "editor", None, f"key:{shaped[1]}")
    bound = keys.verify(keys.create("hr", "reader", ["hr", "b", "hr"]))
    assert bound.groups == {"hr", "b"}
    assert keys.verify(keys.create("nobody", "reader", [])).groups == frozenset()


def test_the_secret_is_not_kept(keys: Keys, database: Database) -> None:
    made = keys.create("ci-bot", "reader")
    shaped = KEY.fullmatch(made)
    assert shaped
    secret = shaped[2]
    with database.session() as session:
        row = str(session.execute(text("SELECT * FROM access_keys")).all())
    assert secret not in row
    assert hashlib.sha256(secret.encode()).hexdigest() in row
    assert keys.create("other", "reader") != made


def test_what_is_no_key_in_force_is_refused_without_saying_why(
    keys: Keys, database: Database
) -> None:
    good = keys.create("a", "reader")
    expired = keys.create("b", "reader", None, timedelta(days=1))
    assert keys.verify(expired)
    with database.session() as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        session.execute(update(AccessKey).where(AccessKey.name == "b").values(expires=past))
    revoked = keys.create("c", "admin")
    keys.revoke("c")
    _, public, secret = good.split("_", 2)
    wrong = [
        expired,
        revoked,
        f"plumb_{public}_{'A' * 43}",
        f"plumb_{'0' * 12}_{secret}",
        good[:-1],
        good + "A",
        good.upper(),
        "plumb_",
        "plumb_é_é",
        f"plumb_' OR 1=1_{secret}",
    ]
    said = set()
    for given in wrong:
        with pytest.raises(NotAuthenticated) as raised:
            keys.verify(given)
        said.add(str(raised.value))
    assert len(said) == 1
    assert keys.verify(good)


def test_a_name_is_free_again_once_its_key_is_revoked(keys: Keys) -> None:
    first = keys.create("ci-bot", "reader")
    with pytest.raises(InvalidRequest, match="revoke it first"):
        keys.create("ci-bot", "reader")
    keys.revoke(first.split("_")[1])
    assert keys.verify(keys.create("ci-bot", "admin")).role == "admin"
    assert [key.revoked is None for key in keys.all()] == [False, True]
    with pytest.raises(UnknownKey, match="plumb keys list"):
        keys.revoke("nobody")


@pytest.mark.parametrize("name", ["", "key x", "-a", "a\nb", "a" * 81, "ünï"])
def test_a_name_is_plain(keys: Keys, name: str) -> None:
    with pytest.raises(InvalidRequest, match="not a valid name for a key"):
        keys.create(name, "reader")
    with pytest.raises(InvalidRequest, match="a group must have a name"):
        keys.create("a", "reader", ["x", " "])


def test_use_is_noted_but_not_each_time(keys: Keys, database: Database) -> None:
    key = keys.create("a", "reader")
    assert keys.all()[0].last_used is None
    keys.verify(key)
    first = keys.all()[0].last_used
    assert first
    keys.verify(key)
    assert keys.all()[0].last_used == first
    with database.session() as session:
        session.execute(update(AccessKey).values(last_used=first - timedelta(hours=2)))
    keys.verify(key)
    assert keys.all()[0].last_used >= first


def test_a_database_that_is_away_is_neither_a_no_nor_a_pass() -> None:
    away = Database("postgresql://plumb@127.0.0.1:1/plumb?connect_timeout=2")
    with pytest.raises(StoreUnavailable):
        Keys(away).verify(f"plumb_{'0' * 12}_{'A' * 43}")
