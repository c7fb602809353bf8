"""Answers are kept, found by their owners, listed in pages, and forgotten."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select

from app.callers import Caller
from app.errors import InvalidRequest, UnknownAnswer
from app.lineage.answer_store import AnswerLog
from app.lineage.record import AnswerRecord
from app.lineage.tables import AnswerRow, FeedbackRow
from app.store.database import Database
from tests.app.lineage.conftest import ADMIN, ANNA, BEN, answer, record

NOW = datetime.now(UTC) - timedelta(days=2)


def test_what_is_added_is_found_as_it_was(log) -> None:
    kept = record(session_id="s1", filters={"team": ["a", "b"]}, trace_id="t" * 32)
    log.add(kept)
    assert log.get(kept.id, ANNA) == kept
    failed = record(answer=ValueError("no"))
    log.add(failed)
    assert log.get(failed.id, ANNA) == failed


def test_a_record_may_be_made_when_it_is_written(log) -> None:
    kept = record()
    log.add(lambda: kept)
    assert log.get(kept.id, ANNA) == kept


def test_a_record_that_cannot_be_made_is_dropped_alone(log) -> None:
    def fails() -> AnswerRecord:
        raise ValueError("no such answer")

    kept = record()
    log.add(fails)
    log.add(lambda: kept)
    assert log.get(kept.id, ANNA) == kept
    assert log.dropped == 1


def test_a_record_made_later_loses_its_texts_too(make_log) -> None:
    log: AnswerLog = make_log(texts=False)
    kept = record()
    log.add(lambda: kept)
    assert log.get(kept.id, ANNA).question is None


def test_an_answer_is_stored_as_json_and_in_ascii(log, database: Database) -> None:
    # PostgreSQL may use an encoding that lacks a letter of the answer.
    kept = record(answer=answer("Bücher dauern 24 \ud800 Monate \U0001f600 [1]."))
    log.add(kept)
    assert log.flush()
    with database.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT CAST(answer AS TEXT) FROM answers").scalar_one()
    assert stored.isascii()
    assert json.loads(stored)["answer"] == "Bücher dauern 24 \ud800 Monate \U0001f600 [1]."


def test_an_answer_is_its_callers_and_the_admins(log) -> None:
    kept = record(caller=ANNA)
    log.add(kept)
    assert log.get(kept.id, ADMIN).id == kept.id
    attempts = [
        lambda: log.get(kept.id, BEN),
        lambda: log.lineage(kept.id, BEN),
        lambda: log.delete(kept.id, BEN),
        lambda: log.give_feedback(kept.id, BEN, "up"),
        lambda: log.get(kept.id, Caller("ben", "editor")),
        lambda: log.get("ans_" + "x" * 20, ADMIN),
        lambda: log.get("ans_\0", ADMIN),
    ]
    for attempt in attempts:
        with pytest.raises(UnknownAnswer):
            attempt()
    assert log.lineage(kept.id, ANNA).feedback == []
    assert [item.id for item in log.list(BEN).answers] == []
    assert [item.id for item in log.list(ADMIN).answers] == [kept.id]


def test_a_list_is_walked_in_pages_while_answers_come(log) -> None:
    # Pairs at one time: the place in the list must tell them apart.
    kept = [record(at=NOW + timedelta(seconds=n // 2)) for n in range(7)]
    for item in kept:
        log.add(item)
    seen: list[str] = []
    after = None
    for _ in range(4):
        page = log.list(ANNA, limit=2, after=after)
        seen += [item.id for item in page.answers]
        log.add(record(at=NOW + timedelta(days=1)))
        after = page.next
    assert after is None
    assert seen == [i.id for i in sorted(kept, key=lambda i: (i.at, i.id), reverse=True)]


def test_a_list_is_narrowed(log) -> None:
    no = record(at=NOW, answer=answer(refused=True))
    yes = record(at=NOW + timedelta(hours=1))
    other = record(at=NOW).model_copy(update={"document_set": "other"})
    for item in (no, yes, other):
        log.add(item)

    def ids(**how) -> set[str]:
        return {item.id for item in log.list(ANNA, **how).answers}

    assert ids(refused=True) == {no.id}
    assert ids(refused=False) == {yes.id, other.id}
    assert ids(document_set="other") == {other.id}
    berlin = timedelta(hours=2)
    since = (NOW + timedelta(minutes=1)).astimezone(timezone(berlin))
    assert ids(since=since) == {yes.id}
    assert ids(document_set="depot", refused=False, since=NOW) == {yes.id}


@pytest.mark.parametrize("after", ["nonsense", "", "YWJj", "\u00e4", "MjAyNi0wMS0wMXx4"])
def test_a_place_that_is_none_is_refused(log, after: str) -> None:
    with pytest.raises(InvalidRequest, match="after"):
        log.list(ANNA, after=after)


def test_a_time_outside_the_calendar_is_refused(log) -> None:
    first = datetime.fromisoformat("0001-01-01T00:00:00+14:00")
    with pytest.raises(InvalidRequest, match="calendar"):
        log.list(ANNA, since=first)


def test_a_second_opinion_replaces_the_first(log) -> None:
    kept = record()
    log.add(kept)
    log.give_feedback(kept.id, ANNA, "down", "wrong number", "12 months")
    log.give_feedback(kept.id, ADMIN, "up")
    given = log.give_feedback(kept.id, ANNA, "up", "I misread")
    said = log.lineage(kept.id, ANNA).feedback
    assert [(item.caller, item.thumb, item.reason) for item in said] == [
        ("root", "up", None),
        ("anna", "up", "I misread"),
    ]
    assert said[1] == given
    assert said[1].corrected_answer is None


def test_opinions_at_once_leave_one(log) -> None:
    kept = record()
    log.add(kept)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: log.give_feedback(kept.id, ANNA, "up", str(n)), range(12)))
    assert len(log.lineage(kept.id, ANNA).feedback) == 1


def test_deleting_an_answer_takes_its_feedback_along(log, database: Database) -> None:
    kept, other = record(), record()
    for item in (kept, other):
        log.add(item)
        log.give_feedback(item.id, ANNA, "up")
    log.delete(kept.id, ANNA)
    with pytest.raises(UnknownAnswer):
        log.get(kept.id, ANNA)
    with database.session() as session:
        left = session.scalars(select(FeedbackRow.answer_id)).all()
    assert left == [other.id]


def test_old_answers_are_forgotten(make_log, database: Database) -> None:
    log = make_log(keep_days=2)
    now = datetime.now(UTC)
    old = [record(at=now - timedelta(days=2, seconds=n)) for n in (1, 2)]
    young = record(at=now - timedelta(days=1))
    for item in (*old, young):
        log.add(item)
    log.flush()
    # The first to add did so too, for what was written by then.
    log.forget_old()
    assert [item.id for item in log.list(ANNA).answers] == [young.id]
    late = record(at=now - timedelta(days=3))
    log.add(late)
    assert log.get(late.id, ANNA)
    assert log.forget_old() == 1
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(AnswerRow)) == 1


def test_without_texts_the_database_has_no_word(make_log, database: Database) -> None:
    log: AnswerLog = make_log(texts=False)
    kept = record(filters={"team": "sales"})
    log.add(kept)
    log.give_feedback(kept.id, ANNA, "down", "because", "12 months")
    found = log.lineage(kept.id, ANNA)
    assert found.question is None
    assert found.answer is not None
    assert found.answer.answer == ""
    assert found.answer_hash == kept.answer_hash
    assert (found.feedback[0].thumb, found.feedback[0].reason) == ("down", None)
    assert found.feedback[0].corrected_answer is None


def test_characters_that_a_database_cannot_hold_are_replaced(log) -> None:
    kept = record(question="what\0 is \ud800 this?", answer=answer("a \0 [1]"))
    log.add(kept)
    found = log.get(kept.id, ANNA)
    assert found.question == "what\ufffd is ? this?"
    log.give_feedback(kept.id, ANNA, "up", "a\0b")
    assert log.lineage(kept.id, ANNA).feedback[0].reason == "a\ufffdb"
