"""The passages and the question, as they travel beside the rendered prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage

from app.answering.rendering import STRUCTURED

# Where they lie in a message's `additional_kwargs`; hosted chat models do not look there.


@dataclass(frozen=True, slots=True)
class Passage:
    """One retrieved chunk.

    Attributes:
        marker: the number it is cited by.
        text: what may be quoted.
        context: title, headings and a cut table's header, as they were indexed; never quoted.
        title: its document's title.
        score: the fused retrieval score; only compared within one question.
        dense: cosine between question and passage, where the retrieval knows it.
    """

    marker: int
    text: str
    context: str = ""
    title: str = ""
    score: float = 0.0
    dense: float | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A question and what was retrieved for it, best first."""

    question: str
    passages: tuple[Passage, ...]


def read_task(messages: Sequence[BaseMessage]) -> Task:
    """The task in the last human message's `additional_kwargs["plumbline"]`.

    Raises:
        ValueError: it is missing or incomplete; the message says what is missing.
    """
    human = next((m for m in reversed(messages) if isinstance(m, HumanMessage)), None)
    payload = human.additional_kwargs.get(STRUCTURED) if human is not None else None
    if not isinstance(payload, Mapping):
        raise ValueError(
            "The extractive chat model reads its passages from the last human message's "
            f"additional_kwargs[{STRUCTURED!r}], which is missing; render the prompt through "
            "app.answering, or use another chat model."
        )
    try:
        question = str(payload["question"])
        passages = tuple(_passage(entry) for entry in payload["passages"])
    except KeyError as error:
        raise ValueError(f"additional_kwargs[{STRUCTURED!r}] lacks {error}.") from error
    return Task(question, passages)


def _passage(entry: Mapping[str, Any]) -> Passage:
    dense = entry.get("dense")
    return Passage(
        marker=int(entry["marker"]),
        text=str(entry["text"]),
        context=str(entry.get("context") or ""),
        title=str(entry.get("title") or ""),
        score=float(entry.get("score") or 0.0),
        dense=None if dense is None else float(dense),
    )
