"""What the tools give: as data, and as a text that people and models read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import BaseModel, Field

from app.answering.answer import Citation, Passage
from ingestion.documents.document import Page

# So many characters of passages go into one result; assistants read little more.
MOST_TEXT = 40_000


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


class SpanOutput(BaseModel):
    """What `get_document_span` gives.

    Attributes:
        document: the document's id in its set.
        document_set: the set.
        title: the document's title.
        source: where it comes from.
        heading_path: headings above the words, outermost first.
        page: page, slide or sheet on which they begin, if any.
        index_version: the version that is shown.
        is_live: whether that is the one that answers come from now.
        text: the document's text around the words, Markdown-like.
        start: where the words begin in `text`.
        end: where they end there, exclusive.
        document_start: where they begin in the document, in the version shown.
        document_end: where they end there, exclusive.
        begins_before: whether the document has text before `text`.
        goes_on: whether it has text after `text`.
    """

    document: str
    document_set: str
    title: str
    source: str
    heading_path: list[str]
    page: Page | None
    index_version: str
    is_live: bool
    text: str
    start: int
    end: int
    document_start: int
    document_end: int
    begins_before: bool
    goes_on: bool


def passages_of(found: Sequence[Passage]) -> tuple[list[FoundPassage], int]:
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


def source_of(citation: Citation) -> Source:
    """The source that a citation is."""
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


def sources_of(output: AskOutput) -> str:
    """The list of sources, a line for each marker; empty where there are none."""
    places: dict[int, list[Source]] = {}
    for source in output.citations:
        places.setdefault(source.marker, []).append(source)
    lines = [
        f"[{marker}] {where(sources[0], [(one.start, one.end) for one in sources])}"
        for marker, sources in sorted(places.items())
    ]
    return "\n".join([f"Sources (index version {output.index_version}):", *lines]) if lines else ""


def where(one: FoundPassage | Source, spans: Iterable[tuple[int, int]] = ()) -> str:
    """Where a passage stands, for people and for `get_document_span`."""
    return place_of(one, list(dict.fromkeys(spans)) or [(one.start, one.end)])


def place_of(one: FoundPassage | Source | SpanOutput, places: Sequence[tuple[int, int]]) -> str:
    """A line with title, headings, page, document and the places in it.

    Args:
        places: first character and the one after the last, of each.
    """
    path = [one.title, *(part for part in one.heading_path if part != one.title)]
    page = "" if one.page is None else f", page {one.page}"
    characters = ", ".join(f"{start}-{end}" for start, end in places)
    return f"{' › '.join(path)}{page} (document {one.document}, characters {characters})"
