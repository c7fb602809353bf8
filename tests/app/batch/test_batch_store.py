"""Batches in each database: what is kept, who sees it, what a second process may not do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app.batch.batch import new_batch_id
from app.batch.batch_store import AT_ONCE, BatchStore
from app.batch.questions import BatchQuestion
from app.batch.tables import BatchRow
from app.batch.unfinished import UnfinishedBatches
from app.callers import Caller
from app.errors import InvalidRequest, TooManyRequests, UnknownBatch
from app.store.database import Database

OWNER = Caller("key owner", "reader", frozenset({"hr", "sales"}))


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """Each database in turn, with its tables."""
    with closing(Database(store_url)) as opened:
        opened.migrate()
        yield opened


def questions(many: int) -> list[BatchQuestion]:
    return [BatchQuestion(id=f"q{n}", question=f"{n}?") for n in range(many)]


def line(question: BatchQuestion) -> dict[str, object]:
    return {"id": question.id, "question": question.question, "answer": {"answer": "ja \ud800 ä"}}


def test_what_has_a_line_is_not_handed_out_again(database: Database) -> None:
    kept, unfinished = BatchStore(database, 10), UnfinishedBatches(database)
    given = [*questions(2), BatchQuestion(id="odd", question="\0 \ud800?", filters={"a": [1, 2]})]
    made = kept.create(new_batch_id(), given, OWNER, prompt="v1", per_minute=7)
    assert (made.state, made.questions, made.by) == ("queued", 3, "key owner")
    opened = unfinished.open(made.id)
    assert (opened.caller, opened.prompt, opened.per_minute) == (OWNER, "v1", 7)
    assert opened.questions == given
    opened.append(line(given[2]))
    opened.append({"id": "q0", "question": "0?", "error": {"type": "X", "message": "no"}})
    now = kept.get(made.id, OWNER)
    assert (now.state, now.answered, now.failed) == ("running", 1, 1)
    again = unfinished.open(made.id)
    assert again.questions == [given[1]]
    again.append(line(given[1]))
    # A process that was taken for dead and is not.
    with pytest.raises(UnknownBatch, match="another process"):
        opened.append(line(given[1]))
    again.end()
    assert kept.get(made.id, OWNER).state == "completed"
    with pytest.raises(UnknownBatch, match="finished"):
        unfinished.open(made.id)
    assert unfinished.all() == []
    found = [json.loads(one) for one in kept.lines(made.id, OWNER)]
    assert [one["id"] for one in found] == ["q0", "q1", "odd"]
    assert found[1]["answer"]["answer"] == "ja ? ä"


def test_all_lines_come_however_many(database: Database) -> None:
    kept = BatchStore(database, 10)
    given = questions(2 * AT_ONCE + 1)
    made = kept.create(new_batch_id(), given, OWNER)
    opened = UnfinishedBatches(database).open(made.id)
    for question in given[1:]:
        opened.append(line(question))
    ids = [json.loads(one)["id"] for one in kept.lines(made.id, OWNER)]
    assert ids == [question.id for question in given[1:]]


def test_only_its_owner_and_admins_see_one(database: Database) -> None:
    kept = BatchStore(database, 2)
    other, admin = Caller("key other", "editor"), Caller("boss", "admin")
    bound = Caller("boss", "admin", frozenset({"hr", "sales"}), "key:of-a-bound-admin")
    first = kept.create(new_batch_id(), questions(1), OWNER)
    second = kept.create(new_batch_id(), questions(1), OWNER)
    with pytest.raises(TooManyRequests) as raised:
        kept.create(new_batch_id(), questions(1), OWNER)
    assert raised.value.retry_after_s == 60
    third = kept.create(new_batch_id(), questions(1), other)
    for look in (kept.get, kept.lines, kept.delete):
        for stranger in (other, bound):
            with pytest.raises(UnknownBatch):
                look(first.id, stranger)
    page = kept.list(OWNER, limit=1)
    assert page.batches == [second]
    assert kept.list(OWNER, after=page.next).batches == [first]
    assert kept.list(admin).batches == [third, second, first]
    assert kept.list(bound).batches == []
    for stranger in (other, bound):
        with pytest.raises(InvalidRequest):
            kept.list(stranger, after=first.id)
    with pytest.raises(InvalidRequest):
        kept.list(OWNER, after="batch_of_nobody")
    opened = UnfinishedBatches(database).open(first.id)
    kept.delete(first.id, admin)
    with pytest.raises(UnknownBatch, match="deleted"):
        opened.append(line(questions(1)[0]))
    with pytest.raises(UnknownBatch, match="deleted"):
        opened.require_wanted()


def passage(document: str, group: str, *copies: tuple[str, str]) -> dict[str, object]:
    return {
        "document": document,
        "metadata": {"groups": [group]},
        "also_in": [
            {"document": other, "title": f"of {other}", "metadata": {"groups": [of]}}
            for other, of in copies
        ],
    }


@pytest.mark.parametrize("passages", [
    [passage("pay.md", "hr")],
    [passage("all.md", "sales"), passage("pay.md", "hr")],
    [passage("all.md", "sales", ("pay.md", "hr"))],
    [passage("all.md", "sales", ("more.md", "sales"), ("pay.md", "hr"))],
])  # fmt: skip
def test_a_line_is_withheld_from_who_may_not_see_each_document_that_it_names(
    database: Database, passages: list[dict[str, object]]
) -> None:
    kept = BatchStore(database, 10)
    made = kept.create(new_batch_id(), questions(1), OWNER)
    answer = {"answer": "yes", "passages": passages, "manifest": {"document_set": "depot"}}
    UnfinishedBatches(database).open(made.id).append(
        {"id": "q0", "question": "0?", "answer": answer}
    )
    (shown,) = kept.lines(made.id, OWNER)
    assert json.loads(shown)["answer"] == answer
    (withheld,) = kept.lines(made.id, replace(OWNER, groups=frozenset({"sales"})))
    assert b"pay.md" not in withheld
    assert json.loads(withheld)["error"]["type"] == "Withheld"


def test_the_words_of_who_asked_before_are_for_who_sees_all_documents(database: Database) -> None:
    kept, overseer = BatchStore(database, 10), replace(OWNER, groups=None)
    made = kept.create(new_batch_id(), questions(1), overseer)
    answer = {
        "answer": "yes",
        "passages": [passage("all.md", "sales")],
        "manifest": {"document_set": "depot"},
        "matched_question": "Is Ms Dent let go?",
    }
    UnfinishedBatches(database).open(made.id).append(
        {"id": "q0", "question": "0?", "answer": answer}
    )
    (shown,) = kept.lines(made.id, overseer)
    assert json.loads(shown)["answer"] == answer
    # The same person, who is in groups since.
    (shown,) = kept.lines(made.id, OWNER)
    assert json.loads(shown)["answer"] == {**answer, "matched_question": None}


def test_starts_are_counted_until_it_gets_on_and_old_ones_are_forgotten(database: Database) -> None:
    kept, unfinished = BatchStore(database, 10), UnfinishedBatches(database)
    made = kept.create(new_batch_id(), questions(2), OWNER)
    for _ in range(3):
        unfinished.note_start(made.id)
    assert [one.starts for one in unfinished.all()] == [3]
    unfinished.open(made.id).append(line(questions(1)[0]))
    assert [one.starts for one in unfinished.all()] == [0]
    unfinished.give_up(made.id, "it is of no use")
    failed = kept.get(made.id, OWNER)
    assert (failed.state, failed.error, failed.answered) == ("failed", "it is of no use", 1)
    unfinished.forget_old(keep_days=1)
    assert kept.get(made.id, OWNER) == failed
    with database.session() as session:
        old = datetime.now(UTC) - timedelta(days=2)
        session.execute(update(BatchRow).values(ended=old))
    unfinished.forget_old(keep_days=1)
    assert kept.list(OWNER).batches == []


def test_no_more_are_unfinished_than_the_limit_however_many_ask_at_once(database: Database) -> None:
    kept = [BatchStore(database, 3) for _ in range(8)]
    start = threading.Barrier(len(kept))

    def make(one: BatchStore) -> bool:
        start.wait()
        try:
            one.create(new_batch_id(), questions(1), OWNER)
        except TooManyRequests:
            return False
        return True

    with ThreadPoolExecutor(len(kept)) as pool:
        assert sum(pool.map(make, kept)) == 3
    assert len(kept[0].list(OWNER).batches) == 3
