"""Ask, search, and look whether the service can answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from plumbline.calls import NOTHING, Call, Stream, given, whole
from plumbline.errors import unsendable
from plumbline.events import AnswerDecoder, AnswerEvent
from plumbline.models.answers import Answer, SearchResult
from plumbline.models.document_sets import Health, Readiness

CHAT = "/v1/chat"


def ask(
    question: str,
    *,
    document_set: str | None = None,
    session: str | None = None,
    filters: Mapping[str, Any] | None = None,
    index_version: str | None = None,
    prompt: str | None = None,
    passages: int | None = None,
) -> Call[Answer]:
    """Answer a question from the documents, each sentence cited, or refuse with the reason.

    Args:
        question: in words.
        document_set: may be left out where there is only one.
        session: a conversation, by an id of your choice; a follow-up is understood from it.
        filters: which documents may be used: a value, a list of values or a range for each field.
        index_version: a version of the set that is not the live one.
        prompt: version or alias of the answer prompt.
        passages: passages to answer from, 1 to 50.
    """
    body = _question(question, document_set, session, filters, index_version, prompt, passages)
    return Call("POST", CHAT, whole(Answer), json=body)


def stream(
    question: str,
    *,
    document_set: str | None = None,
    session: str | None = None,
    filters: Mapping[str, Any] | None = None,
    index_version: str | None = None,
    prompt: str | None = None,
    passages: int | None = None,
) -> Stream[AnswerEvent]:
    """Answer a question as `ask` does, word by word.

    Args:
        question, document_set, session, filters, index_version, prompt, passages: as of `ask`.
    """
    body = _question(question, document_set, session, filters, index_version, prompt, passages)
    call = Call("POST", CHAT, NOTHING, json={**body, "stream": True})
    return Stream(call, "text/event-stream", AnswerDecoder)


def search(
    query: str,
    *,
    document_set: str | None = None,
    filters: Mapping[str, Any] | None = None,
    index_version: str | None = None,
    limit: int | None = None,
) -> Call[SearchResult]:
    """Find the passages that an answer would be made from, best first.

    Args:
        query: the question, in words.
        document_set, filters, index_version: as of `ask`.
        limit: passages to return, 1 to 100.
    """
    as_text = None if filters is None else _json(filters)
    asked = given(
        q=query,
        document_set=document_set,
        filters=as_text,
        index_version=index_version,
        limit=limit,
    )
    return Call("GET", "/v1/search", whole(SearchResult), query=asked, repeatable=True)


def health() -> Call[Health]:
    """Whether the process answers; says nothing about what it depends on."""
    return Call("GET", "/healthz", whole(Health), repeatable=True)


def ready() -> Call[Readiness]:
    """Whether questions can be answered, and what each dependency says."""
    return Call("GET", "/readyz", whole(Readiness), repeatable=True, accepted=frozenset({503}))


def _json(filters: Mapping[str, Any]) -> str:
    try:
        return json.dumps(dict(filters), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise unsendable(error) from error


def _question(
    question: str,
    document_set: str | None,
    session: str | None,
    filters: Mapping[str, Any] | None,
    index_version: str | None,
    prompt: str | None,
    passages: int | None,
) -> dict[str, Any]:
    body = given(
        question=question,
        document_set=document_set,
        session_id=session,
        filters=None if filters is None else dict(filters),
        index_version=index_version,
    )
    if options := given(prompt=prompt, passages=passages):
        body["options"] = options
    return body
