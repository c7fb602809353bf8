"""`plumb keys` and `plumb audit`."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from app.errors import InvalidRequest, UnknownKey
from app.security.factory import notice
from app.security.keys import Keys
from app.settings.access import AuthSettings
from app.store.database import Database
from plumb import app

runner = CliRunner()


def plumb(*arguments: str) -> str:
    """What a command prints."""
    result = runner.invoke(app, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_key_is_made_shown_once_listed_and_revoked() -> None:
    made = plumb("keys", "create", "ci-bot", "--role", "editor", "--group", "a", "--group", "b c")
    database = Database("sqlite:///plumb-store.db")
    caller = Keys(database).verify(made.strip())
    assert (caller.name, caller.role, caller.groups) == ("key ci-bot", "editor", {"a", "b c"})
    listed = plumb("keys", "list", "--json")
    assert made.strip().split("_", 2)[2] not in listed
    (entry,) = json.loads(listed)
    assert entry["name"] == "ci-bot"
    assert entry["groups"] == ["a", "b c"]
    assert entry["expires"] is None
    assert "ci-bot" in plumb("keys", "list")
    assert "Revoked: ci-bot" in plumb("keys", "revoke", "ci-bot")
    assert json.loads(plumb("keys", "list", "--json"))[0]["revoked"]
    with pytest.raises(UnknownKey):
        plumb("keys", "revoke", "ci-bot")
    actions = [(e["action"], e["outcome"]) for e in json.loads(plumb("audit", "--json"))]
    assert actions == [
        ("create-key", "done"),
        ("revoke-key", "done"),
        ("revoke-key", "UnknownKey"),
    ]
    database.close()


def test_a_key_may_expire() -> None:
    plumb("keys", "create", "short", "--expires-days", "30")
    (entry,) = json.loads(plumb("keys", "list", "--json"))
    assert entry["expires"] > entry["created"]
    with pytest.raises(InvalidRequest):
        plumb("keys", "create", "not a name")


def test_nothing_is_said_in_words() -> None:
    assert "no keys" in plumb("keys", "list")
    assert "Nothing is recorded" in plumb("audit", "--since", "1h", "--caller", "nobody")


def test_the_service_says_who_may_use_it() -> None:
    asks = AuthSettings()
    assert "key:" in notice(asks, "0.0.0.0")
    assert "Nobody is asked" in notice(asks, "127.0.0.1")
    assert "WARNING" in notice(AuthSettings(enabled=False), "0.0.0.0")
    assert "PLUMB_BROWSER_HOSTS" in notice(AuthSettings(enabled=False), "0.0.0.0")
    named = notice(AuthSettings(enabled=False), "0.0.0.0", ["plumb.example.org"])
    assert "WARNING" in named
    assert "PLUMB_BROWSER_HOSTS" not in named
    entra = AuthSettings(enabled=True, issuer="https://login.example.org", audience="a")
    assert "a token of https://login.example.org" in notice(entra, "127.0.0.1")
