"""The tools: what they take, what they give, as data and as a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.answering.answer import Citation, Passage
from app.callers import Caller
from app.errors import InvalidRequest
from app.turns.turn import TurnRequest
from app.turns.turns import Turns
from app.wiring import Parts
from ingestion.documents.document import Page
from ingestion.index.storable_values import shown
from ingestion.null_fields import NullIsLeftOut

# So many characters of passages go into one result; assistants read little more.
MOST_TEXT = 40_000
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


class FoundPassage(BaseModel):
    """A passage of a document.

    Attributes:
        number: its place, from 1; in an answer, its marker.
        document: the document's id in its set.
        title: the document's title.
        heading_path: headings above it, outermost first.
        page: page, slide or sheet it is on, if any.
        start: its first character in the document's text.
        end: the character after its last.
        text: its words.
        source: where the document comes from.
        score: what it was ranked by.
    """

    number: int
    document: str
    title: str
    heading_path: list[str]
    page: Page | None
    start: int
    end: int
    text: str
    source: str
    score: float


class SearchOutput(BaseModel):
    """What `search` gives.

    Attributes:
        passages: best first.
        index_version: the version that was searched.
        left_out: passages that were found and are too long to be sent with the others.
    """

    passages: list[FoundPassage]
    index_version: str
    left_out: int = 0


class Source(BaseModel):
    """Words of a document behind an answer.

    Attributes:
        marker: the number by which the answer names them, as in `[1]`.
        document, title, heading_path, page, start, end, source: as of a passage.
        quote: the words; the whole passage where nothing was quoted.
        quoted: whether the answer quotes them word by word.
    """

    marker: int
    document: str
    title: str
    heading_path: list[str]
    page: Page | None
    start: int
    end: int
    quote: str
    quoted: bool
    source: str


class AskOutput(BaseModel):
    """What `ask` gives.

    Attributes:
        answer: the text, with markers such as `[1]`.
        refused: whether the documents do not answer the question, and the text says so.
        citations: the words behind the answer, in the order of its text.
        passages: what the answer was made from; marker n is number n.
        left_out: passages that are too long to be sent with the others.
        document_set: the set that was asked.
        index_version: the version it was answered from.
        prompt_version: for example `answer@v1`.
        manifest_id: the id of everything that shaped the answer.
        answer_id: the answer's id, by which it can be traced.
        standalone_question: what was searched for.
        session_id: the conversation, if any.
        degraded: whether it was made in a lesser way, since a model failed.
        cut_off: whether the model was ended before it had ended.
        notices: what to know, in sentences.
    """

    answer: str
    refused: bool
    citations: list[Source]
    passages: list[FoundPassage]
    left_out: int = 0
    document_set: str
    index_version: str
    prompt_version: str
    manifest_id: str
    answer_id: str
    standalone_question: str
    session_id: str | None = None
    degraded: bool = False
    cut_off: bool = False
    notices: list[str] = Field(default_factory=list)


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
    passages, left_out = _passages(found.passages)
    output = SearchOutput(passages=passages, index_version=found.index_version, left_out=left_out)
    parts = [f"[{one.number}] {_where(one)}\n{one.text}" for one in passages]
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
    passages, left_out = _passages(turn.passages)
    output = AskOutput(
        answer=turn.answer,
        refused=turn.refused,
        citations=[_source(citation) for citation in turn.citations],
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
    parts = [turn.answer, _sources(output), *turn.notices]
    return Given("\n\n".join(part for part in parts if part), output)


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
    )
}


def _passages(found: Sequence[Passage]) -> tuple[list[FoundPassage], int]:
    """The passages as they are sent, and how many are left out since they are too long together."""
    sent: list[FoundPassage] = []
    length = 0
    for number, passage in enumerate(found, start=1):
        length += len(passage.text)
        if sent and length > MOST_TEXT:
            break
        sent.append(
            FoundPassage(
                number=number,
                document=passage.document,
                title=passage.title,
                heading_path=passage.heading_path,
                page=passage.page,
                start=passage.start,
                end=passage.end,
                text=passage.text,
                source=passage.source,
                score=passage.score,
            )
        )
    return sent, len(found) - len(sent)


def _source(citation: Citation) -> Source:
    return Source(
        marker=citation.marker,
        document=citation.document,
        title=citation.title,
        heading_path=citation.heading_path,
        page=citation.page,
        start=citation.start,
        end=citation.end,
        quote=citation.text,
        quoted=citation.quoted,
        source=citation.source,
    )


def _sources(output: AskOutput) -> str:
    """The list of sources, a line for each marker; empty where there are none."""
    places: dict[int, list[Source]] = {}
    for source in output.citations:
        places.setdefault(source.marker, []).append(source)
    lines = [
        f"[{marker}] {_where(sources[0], [(one.start, one.end) for one in sources])}"
        for marker, sources in sorted(places.items())
    ]
    return "\n".join([f"Sources (index version {output.index_version}):", *lines]) if lines else ""


def _where(one: FoundPassage | Source, spans: Iterable[tuple[int, int]] = ()) -> str:
    """Where a passage stands, for people and for `get_document_span`."""
    path = [one.title, *(part for part in one.heading_path if part != one.title)]
    page = "" if one.page is None else f", page {one.page}"
    places = list(dict.fromkeys(spans)) or [(one.start, one.end)]
    characters = ", ".join(f"{start}-{end}" for start, end in places)
    return f"{' › '.join(path)}{page} (document {one.document}, characters {characters})"
