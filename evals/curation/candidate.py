"""A candidate: a case that a person decides on, and where it came from."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from evals.datasets.case import Case, Gold
from ingestion.index.protocol import SetInfo

# Shown in every row, also where they are empty: what a person is most likely to fill in.
ALWAYS = ("id", "question", "answer", "accept", "gold", "answerable", "tags")


class Origin(BaseModel):
    """Where a candidate came from.

    Attributes:
        kind: `answer`: one that was given and stored; `document`: made from a document.
        document_set: the set that was asked, or that holds the document.
        index_version: the version that it was answered or made from.
        answer_id: the stored answer, ans_….
        at: when that was given (UTC).
        prompt: the prompt version that it was given by.
        thumb: what was thought of it; of several, the latest with a corrected answer, else the latest.
        reason: why, in their words.
        refused: whether the stored answer declined to answer.
        cache: which cache it came from.
        also: stored answers to the same question, which this candidate stands for.
        generator: what made it from the document: `table-row`, `sentence`, `heading`, or Ragas's
            synthesizer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["answer", "document"]
    document_set: str
    index_version: str
    answer_id: str | None = None
    at: datetime | None = None
    prompt: str | None = None
    thumb: Literal["up", "down"] | None = None
    reason: str | None = None
    refused: bool | None = None
    cache: str | None = None
    also: tuple[str, ...] = ()
    generator: str | None = None


class Candidate(BaseModel):
    """A row of a review file.

    Attributes:
        accept: what a person decides: true, false, or null for not yet.
        case: what would go into the dataset; a person mends it.
        notes: what to look at before deciding.
        origin: where it came from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    accept: bool | None = None
    case: Case
    notes: tuple[str, ...] = ()
    origin: Origin

    def with_notes(self, *notes: str) -> Candidate:
        """The candidate with more notes."""
        return self.model_copy(update={"notes": (*self.notes, *notes)})

    def row(self) -> str:
        """The candidate as a line of a review file."""
        shown: dict[str, Any] = {"accept": self.accept, "case": case_fields(self.case, ALWAYS)}
        if self.notes:
            shown["notes"] = list(self.notes)
        shown["origin"] = self.origin.model_dump(mode="json", exclude_defaults=True)
        return json.dumps(shown, ensure_ascii=False)


class ReviewRow(BaseModel):
    """A row of a review file as a person has left it.

    Attributes:
        line: its line in the file, from 1.
        candidate: the row.
    """

    line: int = Field(ge=1)
    candidate: Candidate


def case_fields(case: Case, always: tuple[str, ...] = ("id", "question")) -> dict[str, Any]:
    """The fields of a case that say something, in the order that datasets are written in."""
    filled = case.model_dump(mode="json")
    spare = Case.model_construct(id="", question="").model_dump(mode="json")
    return {name: value for name, value in filled.items() if name in always or value != spare[name]}


class SyntheticQuestion(NamedTuple):
    """A question with its answer, and the words that it was made from.

    Attributes:
        question: in words.
        answer: the reference answer; empty if absent.
        gold: labels, of one or several documents.
        generator: what made it.
        notes: what a person should look at.
    """

    question: str
    answer: str
    gold: tuple[Gold, ...]
    generator: str
    notes: tuple[str, ...] = ()


def candidate_of(made: SyntheticQuestion, info: SetInfo) -> Candidate:
    """The candidate for a question made from an index version; its id depends on its words alone."""
    identity = "\0".join([made.question, *(label.document for label in made.gold)])
    return Candidate(
        case=Case(
            id=f"doc-{hashlib.sha256(identity.encode('utf-8', 'replace')).hexdigest()[:16]}",
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
