"""One way to answer, as the parts that faults are put between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel

from app.answering.answer import Answer
from app.answering.retrieval import Retriever
from ingestion.index.protocol import DocumentSet


def unchanged(question: str) -> str:
    """The question as it is."""
    return question


def as_it_is(answer: Answer) -> Answer:
    """The answer as it is."""
    return answer


@dataclass(frozen=True, slots=True)
class Seams:
    """The parts of a system; a fault gives back some that are broken.

    Attributes:
        documents: the index version that is searched.
        retriever: finds passages in it.
        model: writes the answer.
        passages: how many the prompt takes.
        ask: puts a question into other words.
        finish: what becomes of a checked answer.
    """

    documents: DocumentSet
    retriever: Retriever
    model: BaseChatModel
    passages: int
    ask: Callable[[str], str] = unchanged
    finish: Callable[[Answer], Answer] = as_it_is
