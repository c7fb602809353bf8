"""A document is found in, and taken out of, what is stored of answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import UnknownAnswer
from app.lineage.forget_document import answers_holding, forget_document
from app.store.database import Database
from tests.app.lineage.conftest import ANNA, answer, passage, record

SECRET = "personal/ännä_%.md"


def test_answers_and_feedback_are_looked_through(log, database: Database) -> None:
    given = record(answer=answer(passages=[passage(), passage(SECRET)], citations=[]))
    asked = record(question=f"What does {SECRET} say?")
    filtered = record(filters={"document": SECRET})
    judged = record()
    others = [record(), record(answer=answer(passages=[passage("personal/ännäXY.md")]))]
    elsewhere = record(answer=answer(passages=[passage(SECRET)])).model_copy(
        update={"document_set": "other"}
    )
    for item in (given, asked, filtered, judged, *others, elsewhere):
        log.add(item)
    log.give_feedback(judged.id, ANNA, "down", None, f"as in {SECRET}")
    held = answers_holding(database, "depot", SECRET)
    assert held.passages == [given.id]
    assert set(held.words) == {asked.id, filtered.id, judged.id}
    assert (held.looked_at, held.feedback) == (6, 1)

    assert forget_document(database, "depot", SECRET) == 4
    after = answers_holding(database, "depot", SECRET)
    assert (after.passages, after.words, after.looked_at) == ([], [], 2)
    with pytest.raises(UnknownAnswer):
        log.get(given.id, ANNA)
    assert log.get(elsewhere.id, ANNA)


def test_a_follow_up_holds_words_of_what_was_said_before(log, database: Database) -> None:
    shaped = record(
        question="And who else?", standalone_question="Who else earns 71,000?"
    ).model_copy(update={"documents": ["other.md", SECRET]})
    log.add(shaped)
    log.flush(5)
    held = answers_holding(database, "depot", SECRET)
    assert (held.passages, held.words) == ([], [shaped.id])
    assert forget_document(database, "depot", SECRET) == 1
    with pytest.raises(UnknownAnswer):
        log.get(shaped.id, ANNA)


def test_no_byte_of_it_is_left_in_the_file(tmp_path: Path) -> None:
    from app.lineage.answer_store import AnswerLog

    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    database.migrate()
    log = AnswerLog(database, keep_days=1)
    for _ in range(20):
        log.add(record(answer=answer(passages=[passage("gone.md")])))
    log.add(record(question="What of the others?"))
    log.close()
    assert forget_document(database, "depot", "gone.md") == 20
    left = b"".join(file.read_bytes() for file in tmp_path.glob("x.db*"))
    assert b"gone.md" not in left
    assert b"What of the others?" in left
    database.close()


def test_a_database_without_tables_holds_nothing(store_url: str) -> None:
    database = Database(store_url)
    assert answers_holding(database, "depot", SECRET).looked_at == 0
    database.close()
