"""What is kept of an answer, and of what people thought of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticSerializationError

from app.answering.answer import Answer, Usage, cost, documents_of, needs_of
from app.callers import Caller, Needs, together
from app.lineage.tables import FeedbackRow, storable_value
from app.manifest import Manifest, ShownManifest
from app.settings.answering import PricesSettings
from app.store.tables import JsonText
from app.turns.turn import new_id
from ingestion.index.filters import GivenFilters

Thumb = Literal["up", "down"]


class Feedback(BaseModel):
    """What one caller thought of an answer.

    Attributes:
        at: when (UTC).
        caller: the name of who gave it.
        thumb: `up` or `down`.
        reason: why, in their words.
        corrected_answer: what it should have said.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    at: datetime
    caller: str
    thumb: Thumb
    reason: str | None = None
    corrected_answer: str | None = None


def feedback_for(caller: Caller, row: FeedbackRow) -> Feedback:
    """Feedback as a caller may read it: the words of others only if they see all documents.

    Others' words may quote documents that the answer was not made from.
    """
    given = Feedback(
        at=row.at,
        caller=row.name or row.caller,
        thumb="up" if row.thumb == "up" else "down",
        reason=row.reason,
        corrected_answer=row.corrected_answer,
    )
    if caller.groups is None or (row.name is not None and caller.owns(row.caller)):
        return given
    return given.model_copy(update={"reason": None, "corrected_answer": None})


class AnswerSummary(BaseModel):
    """An answer in a list.

    Attributes:
        id: `ans_` and 20 characters.
        at: when it was given (UTC).
        caller: the name of who asked.
        document_set: the set that was asked.
        question: as it was asked; None where texts are not stored.
        session_id: the session it belongs to, if any.
        manifest_id: the id of everything that shaped it.
        prompt_version: for example `answer@v1`.
        index_version: the index version it was answered from.
        model: the chat model.
        refused: whether it declines to answer.
        cache: `exact` or `semantic` if it came from the cache; None: it did not.
        degraded: whether the chat model was away and another way of answering stood in.
        usage: tokens that this answer cost; None from the cache.
        cost: what they cost by the settings' prices; None where no price is set.
        error: why there is no answer, where there is none.
        release: the release that shaped it; None: none is known to have.
        previous_id: the answer that it follows, where the caller named that one
            (`previous_response_id`); None: it follows none, or a session says which.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    at: datetime
    caller: str
    document_set: str
    question: str | None
    session_id: str | None = None
    manifest_id: str
    prompt_version: str
    index_version: str
    model: str
    refused: bool
    cache: str | None = None
    degraded: bool = False
    usage: Usage | None = None
    cost: float | None = None
    error: str | None = None
    release: str | None = None
    previous_id: str | None = None


class AnswerRecord(AnswerSummary):
    """All that is kept of an answer.

    Attributes:
        owner: the id of who asked, whose answer it is; None: nobody knows any more.
        needs: who may read it: callers who are in one group of every list, by the groups of the
            documents that it was made from; None: nobody noted it.
        documents: ids of the documents that it was made from, and of those that a conversation
            brought into its question; None: nobody noted them.
        question_hash: SHA-256 (hex) of the question as asked.
        standalone_question: what was searched for, where the session made it another question.
        filters: the filters it was asked with.
        groups: whose documents the caller saw then; None: all.
        answer: the answer with passages, scores and citations; None where it failed.
        answer_hash: SHA-256 (hex) of the answer's text.
        manifest: everything that shaped it.
        prompt_hash: SHA-256 (hex) of the prompt version's content.
        timings_ms: milliseconds by stage.
        trace_id: the trace it belongs to, where traces are kept.
    """

    owner: str | None = None
    needs: Needs | None = None
    documents: list[str] | None = None
    question_hash: str
    standalone_question: str | None = None
    filters: GivenFilters
    groups: list[str] | None = None
    answer: Answer | None
    answer_hash: str | None
    manifest: ShownManifest
    prompt_hash: str
    timings_ms: dict[str, float]
    trace_id: str | None = None


class Lineage(AnswerRecord):
    """An answer's record with what people thought of it, oldest first."""

    feedback: list[Feedback]


def record_of(
    answer: Answer | Exception,
    manifest: Manifest,
    *,
    question: str,
    caller: Caller,
    answer_id: str | None = None,
    standalone_question: str | None = None,
    session_id: str | None = None,
    filters: Mapping[str, Any] | None = None,
    cache: str | None = None,
    prices: PricesSettings | None = None,
    trace_id: str | None = None,
    release: str | None = None,
    previous_id: str | None = None,
    also_needs: Sequence[Sequence[str]] = (),
    also_documents: Iterable[str] = (),
    at: datetime | None = None,
) -> AnswerRecord:
    """The record of an answer, or of the failure to answer what was prepared.

    Args:
        answer: the answer, or what was raised instead of it.
        manifest: of the question as it was prepared, or of the answer where it has another.
        question: as it was asked.
        answer_id: default: a new one.
        prices: what tokens cost; an answer from the cache costs nothing.
        also_needs: what it takes to read what was said before, where that shaped the question.
        also_documents: the documents that this was made from.
        at: default: now.

    The others are the fields of `AnswerRecord`.
    """
    given = answer if isinstance(answer, Answer) else None
    # An error may quote anything that the caller could see.
    made_from = caller.all_they_see if given is None else needs_of(given.passages)
    usage = given.usage if given is not None and cache is None else None
    return AnswerRecord(
        id=answer_id or new_id(),
        at=at or datetime.now(UTC),
        caller=caller.name,
        owner=caller.id,
        needs=together(made_from, also_needs),
        documents=sorted({*documents_of(given.passages if given else ()), *also_documents}),
        document_set=manifest.document_set,
        question=question,
        question_hash=_hash(question),
        standalone_question=standalone_question if standalone_question != question else None,
        session_id=session_id,
        filters=dict(filters or {}),
        groups=None if caller.groups is None else sorted(caller.groups),
        answer=given,
        answer_hash=_hash(given.answer) if given is not None else None,
        manifest_id=manifest.id,
        manifest=manifest,
        prompt_version=manifest.prompt,
        prompt_hash=manifest.prompt_hash,
        index_version=manifest.index_version,
        model=manifest.chat_model,
        refused=given.refused if given is not None else False,
        cache=cache,
        degraded=given is not None and given.degraded,
        usage=usage,
        cost=0.0 if cache is not None else cost(usage, prices),
        timings_ms=given.timings_ms if given is not None else {},
        trace_id=trace_id,
        release=release,
        previous_id=previous_id,
        error=None if given is not None else f"{type(answer).__name__}: {answer}"[:500],
    )


def documents_behind(record: AnswerRecord) -> list[str]:
    """The documents that a stored answer was made from; where nobody noted them, its passages'."""
    if record.documents is not None:
        return record.documents
    return [] if record.answer is None else documents_of(record.answer.passages)


def without_texts(record: AnswerRecord) -> AnswerRecord:
    """The record with ids, hashes, scores and times, and no words of question, answer or passage."""
    answer = record.answer
    if answer is not None:
        bare = {"text": "", "heading_path": []}
        answer = answer.model_copy(
            update={
                "answer": "",
                "citations": [item.model_copy(update=bare) for item in answer.citations],
                "passages": [
                    item.model_copy(
                        update={
                            **bare,
                            "context": "",
                            "metadata": {},
                            "also_in": [
                                copy.model_copy(update={"metadata": {}}) for copy in item.also_in
                            ],
                        }
                    )
                    for item in answer.passages
                ],
                "citation_check": answer.citation_check.model_copy(
                    update={"quotes_unverified": []}
                ),
            }
        )
    return record.model_copy(
        update={
            "question": None,
            "standalone_question": None,
            "filters": {},
            "answer": answer,
            # The message of a failure may quote the question; its kind does not.
            "error": record.error.partition(":")[0] if record.error else None,
        }
    )


def row_of(record: AnswerRecord) -> dict[str, Any]:
    """The row of an answer: values by column."""
    row = record.model_dump(mode="json", exclude={"answer"})
    return {
        **{name: storable_value(value) for name, value in row.items()},
        "at": record.at,
        "answer": _json_of(record.answer),
    }


def _json_of(answer: Answer | None) -> JsonText | dict[str, Any] | None:
    """An answer for its column, by far the largest: written once, and by pydantic."""
    if answer is None:
        return None
    try:
        return JsonText(answer.model_dump_json(ensure_ascii=True))
    except PydanticSerializationError:  # half of a surrogate pair
        return answer.model_dump(mode="json")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
