"""A case: one question, and what is known to be right about it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Gold(BaseModel):
    """Words of a document that hold what answers the question.

    A label names a document and quotes it, so it outlives every way of cutting chunks.

    Attributes:
        document: the document's id in its set.
        quote: words of its extracted text, letter for letter but for white space.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: str = Field(min_length=1)
    quote: str = Field(min_length=1)


class HistoryTurn(BaseModel):
    """A question and its answer, before the case's own question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    answer: str


class Case(BaseModel):
    """A row of a dataset.

    Attributes:
        id: unique in the dataset.
        question: as it is asked.
        answer: a reference answer, in words; None if absent.
        accept: other ways to write the answer's decisive words; the answer itself counts too.
        gold: passages that answer it; if there are several, it takes all of them.
        relevance: documents that are relevant as a whole, with their grade (1 and up), as in TREC
            and BEIR; for sets whose labels quote nothing.
        answerable: whether the documents answer it; where not, a refusal is right.
        history: what was said before, oldest first, where the question is a follow-up.
        filters: which documents may be used.
        tags: slices it belongs to.
        cluster: what it shares with other cases, which makes them no independent evidence; by
            default its first gold document.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    answer: str | None = None
    accept: tuple[str, ...] = ()
    gold: tuple[Gold, ...] = ()
    relevance: dict[str, int] = Field(default_factory=dict)
    answerable: bool = True
    history: tuple[HistoryTurn, ...] = ()
    filters: dict[str, Any] = Field(default_factory=dict)
    tags: tuple[str, ...] = ()
    cluster: str | None = None

    @model_validator(mode="after")
    def _unanswerable_has_no_answer(self) -> Case:
        if not self.answerable and (self.answer or self.gold):
            raise ValueError("a question that is not answerable has neither `answer` nor `gold`")
        return self

    @property
    def cluster_key(self) -> str:
        """The cluster it is resampled with."""
        if self.cluster:
            return self.cluster
        if self.gold:
            return self.gold[0].document
        return f"case:{self.id}"
