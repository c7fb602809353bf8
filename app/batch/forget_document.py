"""Which kept batches hold something of a document, and forgetting those lines."""

from __future__ import annotations

import json

from pydantic import BaseModel
from sqlalchemy import Text, cast, delete, func, inspect, or_, select, tuple_
from sqlalchemy.orm import Session

from app.batch.tables import BatchQuestionRow, BatchRow
from app.store.database import Database

AT_ONCE = 200


class BatchHolding(BaseModel):
    """Questions of batches, with their lines, that hold something of a document.

    Attributes:
        looked_at: how many questions of batches there are.
        places: batch and number of those that name it or were answered from it.
    """

    looked_at: int = 0
    places: list[tuple[str, int]] = []


def batches_holding(database: Database, document_set: str, document: str) -> BatchHolding:
    """Look through the questions and lines of all batches for a document's id.

    Raises:
        StoreUnavailable: the database cannot be read.
    """
    with database.session() as session:
        if not inspect(session.connection()).has_table(BatchQuestionRow.__tablename__):
            return BatchHolding()
        count = session.scalar(select(func.count()).select_from(BatchQuestionRow)) or 0
        return BatchHolding(looked_at=count, places=_places(session, document_set, document))


def forget_in_batches(database: Database, document_set: str, document: str) -> int:
    """Take questions with their lines out of their batches that hold something; how many.

    Raises:
        StoreUnavailable: the database cannot be read or written.
    """
    line = BatchQuestionRow
    with database.session() as session:
        places = _places(session, document_set, document)
        for start in range(0, len(places), AT_ONCE):
            some = places[start : start + AT_ONCE]
            session.execute(delete(line).where(tuple_(line.batch_id, line.number).in_(some)))
    return len(places)


def _places(session: Session, document_set: str, document: str) -> list[tuple[str, int]]:
    in_json = json.dumps(document)[1:-1]
    line = BatchQuestionRow
    query = (
        select(line, BatchRow.document_set)
        .join(BatchRow)
        .where(
            or_(
                cast(line.line, Text).contains(in_json, autoescape=True),
                cast(line.question, Text).contains(in_json, autoescape=True),
            )
        )
    )
    query = query.order_by(BatchRow.created, line.batch_id, line.number)
    found = []
    for row, set_of_batch in session.execute(query.execution_options(yield_per=AT_ONCE)):
        set_name = row.question.get("document_set") or set_of_batch
        manifest = ((row.line or {}).get("answer") or {}).get("manifest") or {}
        # Where no set is known, it may be this one.
        if manifest.get("document_set", set_name) in (document_set, None):
            found.append((row.batch_id, row.number))
    return found
