"""The audit log: every act before it is done, with its end, and what was denied."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from app.callers import Caller
from app.cli.access import parse_since
from app.errors import InvalidRequest, StoreUnavailable
from app.security.audit import Audit
from app.store.database import Database

ANNA = Caller("anna@example.org", "admin")


def test_an_act_is_logged_with_its_end(database: Database) -> None:
    audit = Audit(database)
    with audit.act(ANNA, "publish", "manuals", version="3"):
        (begun,) = audit.entries()
        assert begun.outcome == "begun"
    with pytest.raises(InvalidRequest), audit.act(ANNA, "sync", "manuals"):
        raise InvalidRequest("no")
    with pytest.raises(ZeroDivisionError), audit.act(ANNA, "sync", "manuals"):
        _ = 1 // 0
    assert [(e.action, e.outcome, e.detail) for e in audit.entries()] == [
        ("publish", "done", {"version": "3"}),
        ("sync", "InvalidRequest", {}),
        ("sync", "failed", {}),
    ]


def test_nothing_is_done_that_cannot_be_logged() -> None:
    audit = Audit(Database("postgresql://plumb@127.0.0.1:1/plumb?connect_timeout=2"))
    done = []
    with pytest.raises(StoreUnavailable), audit.act(ANNA, "publish", "manuals"):
        done.append(1)
    assert done == []


def test_a_denial_stands_though_it_cannot_be_logged(caplog) -> None:
    audit = Audit(Database("postgresql://plumb@127.0.0.1:1/plumb?connect_timeout=2"))
    with caplog.at_level(logging.WARNING):
        audit.denied("mallory", "request", "POST /v1/document-sets")
    assert "denied: request by mallory" in caplog.text


def test_entries_by_time_and_caller(database: Database) -> None:
    audit = Audit(database)
    for number in range(5):
        audit.note("a" if number % 2 else "b", "publish", f"set {number}")
    assert [e.subject for e in audit.entries(caller="a")] == ["set 1", "set 3"]
    assert [e.subject for e in audit.entries(most=2)] == ["set 3", "set 4"]
    assert audit.entries(since=datetime.now(UTC) + timedelta(seconds=5)) == []
    assert len(audit.entries(since=datetime.now(UTC) - timedelta(minutes=5))) == 5
    assert audit.entries()[0].at.tzinfo is not None


def test_odd_texts_fit(database: Database) -> None:
    audit = Audit(database)
    audit.note("x\0y\ud800" + "z" * 999, "request", "s" * 999)
    (entry,) = audit.entries()
    assert entry.caller.startswith("x?y?z")
    assert len(entry.subject) == 500


def test_since_is_a_date_or_an_age() -> None:
    assert parse_since("2026-11-24") == datetime(2026, 11, 24, tzinfo=UTC)
    assert parse_since("2026-11-24T10:00+02:00") == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert abs(parse_since("7d") - (datetime.now(UTC) - timedelta(days=7))).total_seconds() < 60
    for wrong in ("yesterday", "d", "-1d", "99999999999d", ""):
        with pytest.raises(InvalidRequest, match="--since"):
            parse_since(wrong)


def test_a_flood_of_denials_pushes_out_no_act_and_no_other_kind(database: Database) -> None:
    audit = Audit(database, denials_kept=20)
    with audit.act(Caller("key ed", "admin"), "publish", "manuals"):
        audit.denied("key re", "request", "POST /v1/document-sets")
    for number in range(100):
        audit.denied(f"203.0.113.{number}", "authenticate", why="no")
        audit.denied(f"203.0.113.{number}", "anonymous-request", why="no")
    kept = [(one.action, one.caller) for one in audit.entries()]
    assert ("publish", "key ed") in kept
    assert ("request", "key re") in kept
    for kind in ("authenticate", "anonymous-request"):
        newest = [f"203.0.113.{number}" for number in range(80, 100)]
        assert [caller for action, caller in kept if action == kind] == newest
