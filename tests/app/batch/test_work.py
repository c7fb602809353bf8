"""A batch in the process of its job: the key that made it, and the pace of its questions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from app.batch import work
from app.batch.batch import Batch, new_batch_id
from app.batch.batch_store import BatchStore
from app.batch.questions import BatchQuestion
from app.batch.tables import BatchRow
from app.batch.unfinished import TRIES, UnfinishedBatches
from app.batch.work import _Pace, answer_batch
from app.callers import Caller
from app.errors import CannotResume, KeyNotInForce, StoreUnavailable, TooManyRequests, UnknownBatch
from app.security.keys import Keys
from app.security.tables import AccessKey
from app.store.database import Database

ADMIN = Caller("boss", "admin")
PAST = datetime.now(UTC) - timedelta(minutes=1)
CHANGES: dict[str, tuple[Any, str]] = {
    "revoked": (update(AccessKey).values(revoked=PAST), "was revoked"),
    "deleted": (delete(AccessKey), "was revoked"),
    "expired": (update(AccessKey).values(expires=PAST), "has expired"),
    "other groups": (update(AccessKey).values(groups=["sales"]), "other groups"),
    "no groups": (update(AccessKey).values(groups=[]), "other groups"),
    "other role": (update(AccessKey).values(role="admin"), "another role"),
}


@pytest.fixture
def database() -> Iterator[Database]:
    """The database of the settings' default `store.url`."""
    with closing(Database("sqlite:///plumb-store.db")) as opened:
        opened.migrate()
        yield opened


def made(database: Database, per_minute: int = 0) -> tuple[Caller, Batch]:
    """A batch of three questions, and the holder of the new key that it is made with."""
    keys = Keys(database)
    caller = keys.verify(keys.create("owner", "reader", ["hr"]))
    questions = [BatchQuestion(id=f"q{n}", question=f"Warranty {n}?") for n in range(3)]
    batch = BatchStore(database, 10).create(
        new_batch_id(), questions, caller, document_set="depot", per_minute=per_minute
    )
    return caller, batch


def changed(database: Database, change: Any) -> None:
    with database.session() as session:
        session.execute(change)


@pytest.mark.parametrize("change", CHANGES)
def test_a_batch_whose_key_is_not_in_force_is_not_begun(
    database: Database, make_parts, change: str
) -> None:
    statement, why = CHANGES[change]
    _, batch = made(database)
    changed(database, statement)
    with pytest.raises(KeyNotInForce):
        answer_batch(batch.id, make_parts().settings)
    now = BatchStore(database, 10).get(batch.id, ADMIN)
    assert (now.state, now.answered, now.failed) == ("failed", 0, 0)
    assert now.ended is not None
    assert why in (now.error or "")
    assert "key owner" in (now.error or "")
    assert UnfinishedBatches(database).all() == []


def test_a_batch_ends_when_its_key_is_revoked_in_the_middle(
    database: Database, make_parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The second question waits for the next minute, and looks at the key meanwhile.
    monkeypatch.setattr(work, "LOOK_AGAIN_S", 0.05)
    caller, batch = made(database, per_minute=1)
    kept = BatchStore(database, 10)
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(answer_batch, batch.id, make_parts().settings)
        while kept.get(batch.id, caller).answered < 1 and not working.done():
            threading.Event().wait(0.05)
        Keys(database).revoke("owner")
        with pytest.raises(KeyNotInForce, match="was revoked"):
            working.result(30)
    now = kept.get(batch.id, ADMIN)
    assert (now.state, now.answered, now.failed) == ("failed", 1, 0)
    assert "was revoked" in (now.error or "")
    assert len(list(kept.lines(batch.id, ADMIN))) == 1


def test_no_line_is_kept_of_a_key_that_was_revoked_while_it_was_answered(
    database: Database,
) -> None:
    _, batch = made(database)
    opened = UnfinishedBatches(database).open(batch.id)
    Keys(database).revoke("owner")
    with pytest.raises(KeyNotInForce):
        opened.append({"id": "q0", "question": "Warranty 0?", "answer": {}})
    assert list(BatchStore(database, 10).lines(batch.id, ADMIN)) == []


ENDED = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
ANNA = Caller("anna", "reader", frozenset({"hr"}), "token:abc", ENDED)


def of_token(database: Database, until: datetime) -> str:
    questions = [BatchQuestion(id=f"q{n}", question=f"Warranty {n}?") for n in range(3)]
    store = BatchStore(database, 1)
    made = store.create(new_batch_id(), questions, replace(ANNA, until=until), document_set="depot")
    assert made.until == until
    return made.id


def test_a_batch_ends_with_its_token_and_goes_on_with_the_next(
    database: Database, make_parts
) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    batch_id = of_token(database, later)
    first = UnfinishedBatches(database).open(batch_id)
    first.append({"id": "q0", "question": "Warranty 0?", "answer": {}})
    with database.session() as session:
        session.execute(update(BatchRow).values(until=ENDED))
    with pytest.raises(KeyNotInForce, match="ended at 2026-11-29 10:00:00 UTC"):
        answer_batch(batch_id, make_parts().settings)
    # Its state says so, and its lines stay readable for the caller with their next token.
    again = replace(ANNA, until=later)
    store = BatchStore(database, 1)
    now = store.get(batch_id, again)
    assert (now.state, now.answered, now.until) == ("failed", 1, ENDED)
    assert f"/v1/batches/{batch_id}/resume" in (now.error or "")
    assert len(list(store.lines(batch_id, again))) == 1

    for stranger in (ADMIN, replace(again, id="token:other")):
        with pytest.raises(UnknownBatch):
            store.resume(batch_id, stranger)
    with pytest.raises(CannotResume, match="other groups"):
        store.resume(batch_id, replace(again, groups=frozenset()))
    other = store.create(new_batch_id(), [BatchQuestion(id="a", question="Warranty?")], again)
    with pytest.raises(TooManyRequests):
        store.resume(batch_id, again)
    store.delete(other.id, again)
    resumed = store.resume(batch_id, again)
    assert (resumed.state, resumed.error, resumed.until) == ("running", None, later)
    assert store.resume(batch_id, again) == resumed
    answer_batch(batch_id, make_parts().settings)
    done = store.get(batch_id, again)
    assert (done.state, done.answered + done.failed) == ("completed", 3)
    with pytest.raises(CannotResume, match="complete"):
        store.resume(batch_id, again)


def test_no_line_is_kept_after_the_token_has_ended(database: Database) -> None:
    opened = UnfinishedBatches(database).open(of_token(database, ENDED))
    with pytest.raises(KeyNotInForce):
        opened.append({"id": "q0", "question": "Warranty 0?", "answer": {}})
    assert opened.done == {}


def test_callers_without_a_key_are_not_looked_up(database: Database) -> None:
    for who in ("token:abc", "address:127.0.0.1"):
        Keys(database).require_in_force(Caller("anna", "reader", frozenset({"hr"}), who))
    with pytest.raises(KeyNotInForce):
        Keys(database).require_in_force(Caller("anna", "reader", frozenset({"hr"}), "key:abc"))


class Away(Database):
    """A database that is away so many times."""

    def __init__(self, times: int) -> None:
        super().__init__("sqlite:///plumb-store.db")
        self.times = times

    @property
    def locked(self) -> Callable[..., Any]:
        """The real one, or a failure of the real kind."""
        self.times -= 1
        if self.times >= 0:
            raise StoreUnavailable("the database is away")
        return super().locked


@pytest.mark.parametrize("away", [0, 1, TRIES - 1])
def test_the_pace_waits_for_a_database_that_comes_back(
    database: Database, monkeypatch: pytest.MonkeyPatch, away: int
) -> None:
    monkeypatch.setattr(work, "LOOK_AGAIN_S", 0.001)
    _, batch = made(database, per_minute=1)
    opened = UnfinishedBatches(database).open(batch.id)
    with closing(Away(away)) as flaky:
        _Pace(flaky, opened, threading.Event()).wait()
        assert flaky.times == -1


def test_the_pace_gives_up_on_a_database_that_stays_away(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "LOOK_AGAIN_S", 0.001)
    _, batch = made(database, per_minute=1)
    opened = UnfinishedBatches(database).open(batch.id)
    away = Database("postgresql://127.0.0.1:1/none")
    with closing(away), pytest.raises(StoreUnavailable):
        _Pace(away, opened, threading.Event()).wait()


def test_the_pace_does_not_wait_for_a_database_when_the_batch_is_over(database: Database) -> None:
    _, batch = made(database, per_minute=1)
    opened = UnfinishedBatches(database).open(batch.id)
    over = threading.Event()
    over.set()
    with closing(Away(TRIES)) as away:
        with pytest.raises(StoreUnavailable):
            _Pace(away, opened, over).wait()
        assert away.times == TRIES - 1
