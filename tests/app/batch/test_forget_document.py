"""A document that must be gone is looked for in batches too, and taken out of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from app.batch.batch import new_batch_id
from app.batch.batch_store import BatchStore
from app.batch.forget_document import batches_holding, forget_in_batches
from app.batch.questions import BatchQuestion
from app.batch.unfinished import UnfinishedBatches
from app.callers import Caller
from app.store.database import Database

OPERATOR = Caller("command line", "admin")


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """Each database in turn, with its tables."""
    with closing(Database(store_url)) as opened:
        opened.migrate()
        yield opened


def test_lines_and_questions_that_hold_it_are_found_and_forgotten(database: Database) -> None:
    kept = BatchStore(database, 10)
    batch_id = new_batch_id()
    questions = [
        BatchQuestion(id="given it", question="Pay?"),
        BatchQuestion(id="of another set", question="Pay?"),
        BatchQuestion(id="filtered", question="x?", filters={"document": "löhne.md"}),
        BatchQuestion(id="elsewhere", question="löhne.md?", document_set="wiki"),
        BatchQuestion(id="free", question="Hours?"),
    ]
    kept.create(batch_id, questions, OPERATOR, document_set="depot")
    opened = UnfinishedBatches(database).open(batch_id)
    for question, name in zip(questions[:2], ("depot", "wiki"), strict=True):
        answer = {"passages": [{"document": "löhne.md"}], "manifest": {"document_set": name}}
        opened.append({"id": question.id, "question": question.question, "answer": answer})
    held = batches_holding(database, "depot", "löhne.md")
    assert held.looked_at == 5
    assert held.places == [(batch_id, 1), (batch_id, 3)]
    assert forget_in_batches(database, "depot", "löhne.md") == 2
    assert batches_holding(database, "depot", "löhne.md").places == []
    assert batches_holding(database, "wiki", "löhne.md").places == [(batch_id, 2), (batch_id, 4)]
    assert kept.get(batch_id, OPERATOR).questions == 3


def test_a_database_without_tables_holds_nothing(store_url: str) -> None:
    with closing(Database(store_url)) as opened:
        assert batches_holding(opened, "depot", "a.md").looked_at == 0
