"""The passages and the question, as they travel beside the rendered prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage

from app.answering.rendering import STRUCTURED

# Metadata that says since when a version is in force, the first that is there.
_IN_FORCE_FIELDS = ("in_force_from", "valid_from", "effective_date", "effective")
_DATE_FIELDS = (*_IN_FORCE_FIELDS, "date")
_DATE = re.compile(r"\b\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b")


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
        dated: since when its document's version is in force (`YYYY-MM-DD`), if metadata or title say.
        says_in_force: whether a metadata field says so by its name; `date` and a title do not.
        status: what its document's metadata and title say of that.
        is_further: whether a second search found it, for what the others name or lack.
    """

    marker: int
    text: str
    context: str = ""
    title: str = ""
    score: float = 0.0
    dense: float | None = None
    dated: str | None = None
    says_in_force: bool = False
    status: str = ""
    is_further: bool = False


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
        dated=_dated(entry, _DATE_FIELDS, str(entry.get("title") or "")),
        says_in_force=_dated(entry, _IN_FORCE_FIELDS) is not None,
        status=_status(entry),
        is_further=bool(entry.get("further")),
    )


def _dated(entry: Mapping[str, Any], fields: Sequence[str], title: str = "") -> str | None:
    metadata = entry.get("metadata") or {}
    stated = [str(metadata[name]) for name in fields if metadata.get(name)]
    found = [_DATE.search(text) for text in (*stated, title)]
    return next((date[0] for date in found if date is not None), None)


def _status(entry: Mapping[str, Any]) -> str:
    metadata = entry.get("metadata") or {}
    stated = [str(metadata[name]) for name in ("status", "keywords") if metadata.get(name)]
    return " ".join([*stated, str(entry.get("title") or "")])
