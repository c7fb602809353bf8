"""The tools: what they take, what they give, as data and as a text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.callers import Caller
from app.errors import InvalidRequest
from app.mcp.results import (
    AskOutput,
    SearchOutput,
    SpanOutput,
    passages_of,
    place_of,
    source_of,
    sources_of,
    where,
)
from app.source_view.source_view import Span
from app.source_view.source_views import SourceViews
from app.turns.turn import TurnRequest
from app.turns.turns import Turns
from app.wiring import Parts
from ingestion.index.storable_values import shown
from ingestion.null_fields import NullIsLeftOut

# Text around a citation begins and ends with whole words, if these are no longer.
LONGEST_WORD = 40
Arguments = TypeVar("Arguments", bound=BaseModel)

DOCUMENT_SET = Field(
    default=None,
    description="The document set; may be left out where there is only one. The resource "
    "plumbline://document-sets lists them.",
)
FILTERS = Field(
    default=None,
    description="Which documents may be used: a value, a list of values, or a range such as "
    '{"gte": 2026}, for each of document, title, source, media_type or any metadata field.',
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What the tools and resources are made of."""

    parts: Parts
    turns: Turns
    source_views: SourceViews


class SearchArguments(NullIsLeftOut):
    """What `search` takes."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(description="What is looked for, in words.")
    document_set: str | None = DOCUMENT_SET
    limit: int = Field(default=5, ge=1, le=20, description="Passages to return.")
    filters: dict[str, Any] | None = FILTERS


class AskArguments(NullIsLeftOut):
    """What `ask` takes."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(description="The question, in words, in any language.")
    document_set: str | None = DOCUMENT_SET
    session_id: str | None = Field(
        default=None,
        description="A conversation, by an id of your choice (letters, digits, _ . : -): a "
        "follow-up is understood from what was asked in it before.",
    )
    filters: dict[str, Any] | None = FILTERS
    prompt: str | None = Field(
        default=None, description="Version or alias of the answer prompt. Default: the one in use."
    )


class SpanArguments(NullIsLeftOut):
    """What `get_document_span` takes."""

    model_config = ConfigDict(extra="forbid")

    document: str = Field(description="The document's id, as a citation or passage names it.")
    start: int = Field(ge=0, description="The first character, from a citation or passage.")
    end: int = Field(ge=0, description="The character after the last one.")
    document_set: str | None = DOCUMENT_SET
    index_version: str | None = Field(
        default=None,
        description="The version that the offsets belong to, as the answer or search named it. "
        "Default: the live one.",
    )
    quote: str | None = Field(
        default=None,
        description="The words at these offsets, as a citation quotes them: by them they are found "
        "where the document has changed since.",
    )
    around: int = Field(
        default=600, ge=0, le=5000, description="Characters to give before and after the words."
    )


class Given(NamedTuple):
    """What a tool gives: as a text, and as data."""

    text: str
    data: BaseModel


@dataclass(frozen=True, slots=True)
class Tool(Generic[Arguments]):
    """A tool.

    Attributes:
        name, title, description: as assistants see it.
        arguments: what it takes.
        output: what it gives.
        run: does it.
    """

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    output: type[BaseModel]
    run: Callable[[Offer, Arguments, Caller], Given]

    def call(self, offer: Offer, given: dict[str, Any], caller: Caller) -> Given:
        """Check what was given, and do it.

        Raises:
            InvalidRequest: the arguments do not fit; the message names each.
            PlumbError: it cannot be done.
        """
        try:
            arguments = self.arguments.model_validate(given)
        except ValidationError as error:
            wrong = [
                f"{'.'.join(shown(str(part)) for part in one['loc']) or 'arguments'}: {one['msg']}"
                for one in error.errors(include_url=False)[:5]
            ]
            raise InvalidRequest("; ".join(wrong)) from error
        return self.run(offer, arguments, caller)


def search(offer: Offer, asked: SearchArguments, caller: Caller) -> Given:
    """Find passages."""
    found = offer.parts.answers.search(
        asked.query,
        asked.document_set,
        limit=asked.limit,
        filters=asked.filters,
        visible_to=caller.groups,
    )
    passages, left_out = passages_of(found.passages)
    output = SearchOutput(passages=passages, index_version=found.index_version, left_out=left_out)
    parts = [f"[{one.number}] {where(one)}\n{one.text}" for one in passages]
    if left_out:
        parts.append(f"{left_out} more were found that are too long to be sent with these.")
    return Given("\n\n".join(parts) or "Nothing was found.", output)


def ask(offer: Offer, asked: AskArguments, caller: Caller) -> Given:
    """Answer a question."""
    turn = offer.turns.take(
        TurnRequest(
            question=asked.question,
            document_set=asked.document_set,
            filters=asked.filters or {},
            prompt=asked.prompt,
            session_id=asked.session_id,
        ),
        caller,
    )
    passages, left_out = passages_of(turn.passages)
    output = AskOutput(
        answer=turn.answer,
        refused=turn.refused,
        citations=[source_of(citation) for citation in turn.citations],
        passages=passages,
        left_out=left_out,
        document_set=turn.manifest.document_set,
        index_version=turn.index_version,
        prompt_version=turn.prompt_version,
        manifest_id=turn.manifest.id,
        answer_id=turn.id,
        standalone_question=turn.standalone_question,
        session_id=turn.session_id,
        degraded=turn.degraded,
        cut_off=turn.cut_off,
        notices=turn.notices,
    )
    parts = [turn.answer, sources_of(output), *turn.notices]
    return Given("\n\n".join(part for part in parts if part), output)


def get_document_span(offer: Offer, asked: SpanArguments, caller: Caller) -> Given:
    """Read around a citation."""
    if asked.end <= asked.start:
        raise InvalidRequest("end: must be greater than start; take both from a citation.")
    name = asked.document_set or offer.parts.sets.only()
    view = offer.source_views.view(
        caller,
        name,
        asked.document,
        [Span(asked.start, asked.end, asked.quote)],
        asked.index_version,
        with_pages=False,
    )
    (words,) = view.spans
    begin = _word_start(view.text, max(words.start - asked.around, 0), words.start)
    stop = _word_end(view.text, min(words.end + asked.around, len(view.text)), words.end)
    output = SpanOutput(
        document=view.document,
        document_set=view.document_set,
        title=view.title,
        source=view.source,
        heading_path=words.heading_path,
        page=words.page,
        index_version=view.index_version,
        is_live=view.is_live,
        text=view.text[begin:stop],
        start=words.start - begin,
        end=words.end - begin,
        document_start=words.document_start,
        document_end=words.document_end,
        begins_before=begin > 0 or not view.is_whole,
        goes_on=stop < len(view.text) or not view.is_whole,
    )
    place = place_of(output, [(output.document_start, output.document_end)])
    before, after = "[…] " * output.begins_before, " […]" * output.goes_on
    live = "" if output.is_live else ", which is not the live one"
    head = f"{place}, index version {output.index_version}{live}"
    return Given(f"{head}\n\n{before}{output.text}{after}", output)


TOOLS: dict[str, Tool[Any]] = {
    tool.name: tool
    for tool in (
        Tool(
            "search",
            "Search documents",
            "Find passages of the documents, best first, with the place where each stands. Use it "
            "to read what the documents say in their own words; use `ask` for an answer.",
            SearchArguments,
            SearchOutput,
            search,
        ),
        Tool(
            "ask",
            "Ask the documents",
            "Answer a question from the documents alone. Each sentence of the answer has a marker "
            "such as [1] for its source, and the citations were checked; where the documents do "
            "not answer, it says so. Keep the markers and sources when you pass the answer on.",
            AskArguments,
            AskOutput,
            ask,
        ),
        Tool(
            "get_document_span",
            "Read around a citation",
            "Read a document's text around the offsets of a citation or passage: to check a "
            "quotation in its context, or to read on.",
            SpanArguments,
            SpanOutput,
            get_document_span,
        ),
    )
}


def _word_start(text: str, at: int, limit: int) -> int:
    """Where a word begins soon after a place; the place itself where none does before the limit."""
    near = range(at, min(limit, at + LONGEST_WORD))
    return next((n for n in near if n == 0 or text[n - 1].isspace()), at)


def _word_end(text: str, at: int, limit: int) -> int:
    """Where a word ends soon before a place; the place itself where none does after the limit."""
    near = range(at, max(limit, at - LONGEST_WORD), -1)
    return next((n for n in near if n == len(text) or text[n].isspace()), at)
