"""Stored answers are read back by what is known of them, with what was thought and said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.callers import Caller
from app.document_sets.read_access import ReadAccess
from app.lineage.answer_store import AnswerLog
from app.lineage.stored_answers import (
    AT_ONCE,
    Wanted,
    count_stored,
    earlier_turns,
    may_be_shown,
    stored_answers,
)
from app.store.database import Database
from tests.app.lineage.conftest import ADMIN, ANNA, BEN, answer, passage, record

THEN = ReadAccess()
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def ids(database: Database, **wanted: object) -> list[str]:
    found = [one.id for one in stored_answers(database, Wanted(**wanted))]  # type: ignore[arg-type]
    assert count_stored(database, Wanted(**wanted)) == len(found)  # type: ignore[arg-type]
    return found


def test_each_filter_chooses(log: AnswerLog, database: Database) -> None:
    old = record(NOON - timedelta(days=1), cache="exact")
    refused = record(NOON, answer=answer("No.", refused=True))
    new = record(NOON + timedelta(hours=1), caller=BEN, cache="semantic")
    failed = record(NOON, answer=ValueError("no"))
    for one in (old, refused, new, failed):
        log.add(one)
    log.give_feedback(old.id, ANNA, "up")
    log.give_feedback(old.id, ADMIN, "down", "wrong", "It lasts 36 months.")
    assert ids(database) == [new.id, refused.id, old.id]
    assert ids(database, since=NOON) == [new.id, refused.id]
    assert ids(database, until=NOON) == [old.id]
    assert ids(database, thumb="up") == ids(database, thumb="down") == [old.id]
    assert ids(database, thumb="none") == [new.id, refused.id]
    assert ids(database, refused=True) == [refused.id]
    assert ids(database, refused=False) == [new.id, old.id]
    assert ids(database, cache="exact") == [old.id]
    assert ids(database, cache="none") == [refused.id]
    assert ids(database, document_set="depot", cache="semantic") == [new.id]
    assert ids(database, document_set="another") == []
    (with_feedback,) = stored_answers(database, Wanted(thumb="up"))
    assert [one.thumb for one in with_feedback.feedback] == ["up", "down"]
    assert with_feedback.feedback[1].corrected_answer == "It lasts 36 months."
    assert with_feedback.answer == old.answer


def test_more_answers_than_are_read_at_once_come_whole(log: AnswerLog, database: Database) -> None:
    made = [record(NOON + timedelta(seconds=n)) for n in range(AT_ONCE + 5)]
    for one in made:
        log.add(one)
    log.give_feedback(made[0].id, ANNA, "down")
    found = list(stored_answers(database, Wanted()))
    assert [one.id for one in found] == [one.id for one in reversed(made)]
    assert [len(one.feedback) for one in found] == [0] * (AT_ONCE + 4) + [1]


def test_what_was_said_before_is_the_sessions_own(
    make_log: Callable[..., AnswerLog], database: Database
) -> None:
    log = make_log()
    said = [
        record(NOON + timedelta(minutes=n), question=f"Question {n}?", session_id="s")
        for n in range(5)
    ]
    log.add(record(NOON, question="Another's?", session_id="s", caller=BEN))
    log.add(record(NOON, question="Elsewhere?", session_id="t"))
    log.add(record(NOON, question="Failed?", session_id="s", answer=ValueError("no")))
    for one in said:
        log.add(one)
    log.flush()
    before = earlier_turns(database, said[4], 3)
    assert [one.question for one in before] == ["Question 1?", "Question 2?", "Question 3?"]
    assert before[0].answer == "It lasts 24 months [1]."
    assert earlier_turns(database, said[0], 3) == []
    assert earlier_turns(database, record(NOON), 3) == []


def test_what_was_said_before_is_of_the_same_owner_and_for_the_reader(
    make_log: Callable[..., AnswerLog], database: Database
) -> None:
    log = make_log()
    first, second = (Caller("key portal", "reader", None, f"key:{n}") for n in "12")
    hidden = answer(passages=[passage().model_copy(update={"metadata": {"groups": ["hr"]}})])
    log.add(record(NOON, question="The predecessor's?", session_id="s", caller=first))
    log.add(
        record(
            NOON + timedelta(minutes=1), question="Hidden?", session_id="s", caller=second,
            answer=hidden,
        )
    )  # fmt: skip
    log.add(record(NOON + timedelta(minutes=2), question="Open?", session_id="s", caller=second))
    last = record(NOON + timedelta(minutes=3), session_id="s", caller=second)
    log.flush()
    assert [one.question for one in earlier_turns(database, last, 9)] == ["Hidden?", "Open?"]
    outside = Caller("readers", "reader", frozenset({"sales"}))
    assert [one.question for one in earlier_turns(database, last, 9, outside)] == ["Open?"]


def test_a_stored_answer_is_shown_by_what_it_was_made_from() -> None:
    hr, sales = (Caller("readers", "reader", frozenset({group})) for group in ("hr", "sales"))
    hidden = passage().model_copy(update={"metadata": {"groups": ["hr"]}})
    made = record(answer=answer(passages=[passage(), hidden]))
    assert made.needs == [["hr"]]
    for kept in (made, made.model_copy(update={"needs": None})):
        assert may_be_shown(kept, hr, THEN)
        assert not may_be_shown(kept, sales, THEN)
        assert may_be_shown(kept, ADMIN, THEN)
    shaped = record(standalone_question="Another?", also_needs=[["works-council"]])
    assert shaped.needs == [["works-council"]]
    assert not may_be_shown(shaped.model_copy(update={"needs": None}), hr, THEN)
    failed = record(answer=ValueError("71,000"), caller=Caller("a", "reader", frozenset("ab")))
    assert failed.needs == [["a"], ["b"]]


def test_words_of_feedback_are_for_readers_who_see_all_documents(
    log: AnswerLog, database: Database
) -> None:
    given = record(NOON)
    log.add(given)
    log.give_feedback(given.id, ADMIN, "down", "the vault says otherwise", "It opens at nine.")
    [to_all] = stored_answers(database, Wanted())
    [bound] = stored_answers(database, Wanted(), Caller("readers", "reader", frozenset()))
    assert to_all.feedback[0].corrected_answer == "It opens at nine."
    assert (bound.feedback[0].thumb, bound.feedback[0].reason) == ("down", None)
    assert bound.feedback[0].corrected_answer is None
