"""A question made from a document."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from evals.cases.case import Case, Gold
from evals.growing.candidate import Candidate, Origin
from ingestion.index.protocol import SetInfo


class Made(NamedTuple):
    """A question with its answer, and the words that it was made from.

    Attributes:
        question: in words.
        answer: the reference answer; empty where there is none.
        gold: labels, of one or several documents.
        generator: what made it.
        notes: what a person should look at.
    """

    question: str
    answer: str
    gold: tuple[Gold, ...]
    generator: str
    notes: tuple[str, ...] = ()


def candidate_of(made: Made, info: SetInfo) -> Candidate:
    """The candidate for a question made from an index version; its id hangs on its words alone."""
    said = "\0".join([made.question, *(label.document for label in made.gold)])
    return Candidate(
        case=Case(
            id=f"doc-{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()[:16]}",
            question=made.question,
            answer=made.answer or None,
            gold=made.gold,
            tags=("synthetic", made.generator),
        ),
        notes=made.notes,
        origin=Origin(
            kind="document",
            document_set=info.name,
            index_version=info.version,
            generator=made.generator,
        ),
    )
