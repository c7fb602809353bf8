"""Which stored answers hold something of a document, and forgetting them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import BaseModel
from sqlalchemy import Text, cast, delete, func, inspect, or_, select
from sqlalchemy.orm import Session

from app.lineage.tables import AnswerRow, FeedbackRow
from app.store.database import Database

AT_ONCE = 500


class Holding(BaseModel):
    """Stored answers that hold something of a document.

    Attributes:
        looked_at: how many answers there are of the set.
        feedback: how much feedback there is on them.
        passages: ids of answers that were given its passages.
        words: ids of answers that otherwise name it: in the question, the filters, the answer or
            feedback; and of those whose question was made from a conversation about it.
    """

    looked_at: int = 0
    feedback: int = 0
    passages: list[str] = []
    words: list[str] = []


def answers_holding(database: Database, document_set: str, document: str) -> Holding:
    """Look through all stored answers of a set, and feedback on them, for a document's id.

    Raises:
        StoreUnavailable: the database cannot be read.
    """
    with database.session() as session:
        if not inspect(session.connection()).has_table(AnswerRow.__tablename__):
            return Holding()
        return _holding(session, document_set, document)


def forget_document(database: Database, document_set: str, document: str) -> int:
    """Forget every answer that holds something of a document, with its feedback; how many.

    On SQLite the file is rewritten too, so that no deleted row is left in it.

    Raises:
        StoreUnavailable: the database cannot be read or written.
    """
    with database.session() as session:
        held = _holding(session, document_set, document)
        ids = [*held.passages, *held.words]
        for start in range(0, len(ids), AT_ONCE):
            session.execute(delete(AnswerRow).where(AnswerRow.id.in_(ids[start : start + AT_ONCE])))
    if database.engine.name == "sqlite":
        with database.translate_errors(), database.engine.connect() as connection:
            outside = connection.execution_options(isolation_level="AUTOCOMMIT")
            outside.exec_driver_sql("VACUUM")
            outside.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return len(ids)


def _holding(session: Session, document_set: str, document: str) -> Holding:
    of_set = AnswerRow.document_set == document_set
    feedback = select(func.count()).select_from(FeedbackRow).join(AnswerRow).where(of_set)
    held = Holding(
        looked_at=session.scalar(select(func.count()).select_from(AnswerRow).where(of_set)) or 0,
        feedback=session.scalar(feedback) or 0,
    )
    for row in _naming(session, document_set, document):
        found = (row.answer or {}).get("passages", []) + (row.answer or {}).get("citations", [])
        of_document = any(item["document"] == document for item in found)
        (held.passages if of_document else held.words).append(row.id)
    return held


def _naming(session: Session, document_set: str, document: str) -> Iterator[AnswerRow]:
    """Answers whose text, or whose feedback's, has the document's id in it anywhere.

    A follow-up may hold words of an answer before it, and so of the documents that it was made from.
    """
    in_json = json.dumps(document)[1:-1]
    about = select(FeedbackRow.answer_id).where(
        or_(
            FeedbackRow.reason.contains(document, autoescape=True),
            FeedbackRow.corrected_answer.contains(document, autoescape=True),
        )
    )
    query = select(AnswerRow).where(
        AnswerRow.document_set == document_set,
        or_(
            cast(AnswerRow.answer, Text).contains(in_json, autoescape=True),
            cast(AnswerRow.filters, Text).contains(in_json, autoescape=True),
            cast(AnswerRow.documents, Text).contains(in_json, autoescape=True),
            AnswerRow.question.contains(document, autoescape=True),
            AnswerRow.standalone_question.contains(document, autoescape=True),
            AnswerRow.id.in_(about),
        ),
    )
    yield from session.scalars(query.execution_options(yield_per=AT_ONCE))
