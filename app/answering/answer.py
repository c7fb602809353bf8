"""What an answer is made of; REST, the command line and evaluations share these models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, WithJsonSchema

from app.callers import Needs, together
from app.manifest import ShownManifest
from app.settings.answering import PricesSettings
from ingestion.documents.document import Chunk, Page
from ingestion.documents.visibility import groups_of
from ingestion.sources.locations import for_readers

# A document's metadata. What is stored is of these types, and is not checked again.
ShownMetadata: TypeAlias = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    {"type": ["string", "number", "boolean"]},
                    {"type": "array", "items": {"type": "string"}},
                ]
            },
        }
    ),
]


class StageScores(BaseModel):
    """What each stage of retrieval thought of a passage; None where the stage did not see it.

    Attributes:
        dense: cosine similarity to the question.
        lexical: BM25.
        fused: the two combined, from 0 to 1.
        rerank: the cross-encoder's score, where one is set.
    """

    dense: float | None = None
    lexical: float | None = None
    fused: float
    rerank: float | None = None


class AlsoIn(BaseModel):
    """Another place where a passage's words stand, which the reader may see.

    Attributes:
        document: the document's id in its set.
        title: the document's title.
        source: where the document comes from: its source and the path below, or its URL.
        metadata: the document's metadata.
    """

    model_config = ConfigDict(frozen=True)

    document: str
    title: str
    source: str
    metadata: ShownMetadata


class Passage(BaseModel):
    """A retrieved chunk.

    Attributes:
        chunk_id: the chunk's id.
        document: the document's id in its set.
        title: the document's title.
        heading_path: headings above it, outermost first.
        page: page, slide or sheet it is on, if its format has them.
        start: its first character in the document's extracted text.
        end: the character after its last.
        text: exactly those characters.
        context: what it was indexed with in front (title, headings, a table's header).
        score: the score it was ranked by.
        scores: the scores stage by stage.
        metadata: the document's metadata.
        source: where the document comes from: its source and the path below, or its URL.
        also_in: further documents that hold the same words, or nearly the same with the same
            numbers; they took no places of their own.
    """

    model_config = ConfigDict(frozen=True)

    chunk_id: str
    document: str
    title: str
    heading_path: list[str]
    page: Page | None
    start: int
    end: int
    text: str
    context: str
    score: float
    scores: StageScores
    metadata: ShownMetadata
    source: str
    also_in: list[AlsoIn] = Field(default_factory=list)

    @classmethod
    def of(cls, chunk: Chunk, scores: StageScores, copies: Iterable[Chunk] = ()) -> Passage:
        """The passage that a chunk becomes when it is found, with copies that were found too."""
        others = {copy.document_id: copy for copy in copies}
        others.pop(chunk.document_id, None)
        return cls(
            chunk_id=chunk.id,
            document=chunk.document_id,
            title=chunk.title,
            heading_path=list(chunk.heading_path),
            page=chunk.page,
            start=chunk.start,
            end=chunk.end,
            text=chunk.text,
            context=chunk.context,
            score=scores.fused if scores.rerank is None else scores.rerank,
            scores=scores,
            metadata=dict(chunk.metadata),
            source=for_readers(chunk.source, chunk.document_id),
            also_in=[
                AlsoIn(
                    document=copy.document_id,
                    title=copy.title,
                    source=for_readers(copy.source, copy.document_id),
                    metadata=dict(copy.metadata),
                )
                for copy in others.values()
            ],
        )


def needs_of(passages: Iterable[Passage]) -> Needs:
    """Who may read a text that was made from these passages: by the groups of their documents.

    The documents that a passage names as `also_in` count too.
    """
    found = list(passages)
    copies = [copy.metadata for passage in found for copy in passage.also_in]
    return needs_of_metadata([*(passage.metadata for passage in found), *copies])


def documents_of(passages: Iterable[Passage]) -> list[str]:
    """Ids of the documents that these passages come from, and of those that they name, sorted."""
    found = list(passages)
    copies = [copy.document for passage in found for copy in passage.also_in]
    return sorted({*(passage.document for passage in found), *copies})


def needs_of_metadata(metadata: Iterable[Mapping[str, Any]]) -> Needs:
    """The same from the passages' metadata alone."""
    stated = (groups_of(one) for one in metadata)
    return together([groups for groups in stated if groups is not None])


class Citation(BaseModel):
    """A passage's words behind an answer.

    Attributes:
        marker: the number by which the answer's text names the passage, as in `[1]`.
        document: the document's id in its set.
        title: the document's title.
        source: where the document comes from: its source and the path below, or its URL.
        heading_path: headings above the passage.
        page: page, slide or sheet, if any.
        start: first character of the cited words in the document's extracted text.
        end: the character after the last.
        text: the cited words: the quoted span, or the whole passage where nothing was quoted.
        quoted: whether the answer quotes these words (then they are verified to be there).
        chunk_id: the passage's chunk.
    """

    model_config = ConfigDict(frozen=True)

    marker: int
    document: str
    title: str
    source: str
    heading_path: list[str]
    page: Page | None
    start: int
    end: int
    text: str
    quoted: bool
    chunk_id: str


class CitationCheck(BaseModel):
    """What checking the answer's citations in code found.

    Attributes:
        markers_removed: markers that named no passage; taken out of the answer.
        quotes_unverified: quoted spans that are in no passage the sentence cites.
        sentences_uncited: sentences with no marker.
    """

    model_config = ConfigDict(frozen=True)

    markers_removed: int = 0
    quotes_unverified: list[str] = Field(default_factory=list)
    sentences_uncited: int = 0


class Usage(BaseModel):
    """What the chat model says it read and wrote, in its own tokens."""

    model_config = ConfigDict(frozen=True)

    input_tokens: int
    output_tokens: int


def cost(usage: Usage | None, prices: PricesSettings | None) -> float | None:
    """What tokens cost, in the currency of the prices; None where either is not known."""
    if usage is None or prices is None:
        return None
    if prices.input_per_million is None and prices.output_per_million is None:
        return None
    paid_in = usage.input_tokens * (prices.input_per_million or 0.0)
    paid_out = usage.output_tokens * (prices.output_per_million or 0.0)
    return (paid_in + paid_out) / 1_000_000


class Answer(BaseModel):
    """A grounded, cited answer, or a refusal that says why.

    Attributes:
        answer: the text, with markers such as `[1]`.
        refused: whether it declines to answer.
        citations: the words behind it, in the order of the text.
        passages: what was retrieved, best first; marker n is the n-th.
        citation_check: what the check of citations found.
        manifest: everything that shaped it.
        prompt_version: the prompt's version, for example `answer@v1`.
        index_version: the index version it was answered from.
        model: the chat model.
        degraded: whether it was made in a lesser way: the model of the settings failed and another
            one stepped in, or there was no time to rerank.
        cut_off: whether the model was ended before it had ended: by the limit on its tokens, by the
            question's deadline or by a content filter. The text says so too.
        usage: tokens, where the chat model counts them.
        timings_ms: milliseconds by stage: embed, search, rerank, generate, total; where the answer
            was streamed, also first_token.
    """

    answer: str
    refused: bool
    citations: list[Citation]
    passages: list[Passage]
    citation_check: CitationCheck
    manifest: ShownManifest
    prompt_version: str
    index_version: str
    model: str
    degraded: bool = False
    cut_off: bool = False
    usage: Usage | None = None
    timings_ms: dict[str, float]
    _also_needs: Needs | None = PrivateAttr(None)
    _also_documents: list[str] | None = PrivateAttr(None)

    @property
    def also_needs(self) -> Needs:
        """What it takes to read the conversation that shaped the question; empty: none did.

        A reader must meet it beside what the passages take.
        """
        return self._also_needs or []

    @property
    def also_documents(self) -> list[str]:
        """Ids of the documents that this conversation was made from."""
        return self._also_documents or []

    def shaped_by(self, needs: Needs, documents: Sequence[str]) -> None:
        """Note a conversation that shaped the question, beside those noted already.

        Responses do not show it.

        Args:
            needs: what it takes to read the conversation.
            documents: ids of the documents that the conversation was made from.
        """
        if needs:
            self._also_needs = together(self.also_needs, needs)
        if documents:
            self._also_documents = sorted({*self.also_documents, *documents})


class SearchResult(BaseModel):
    """Retrieval alone.

    Attributes:
        passages: what was found, best first.
        index_version: the index version that was searched.
        timings_ms: milliseconds by stage.
    """

    passages: list[Passage]
    index_version: str
    timings_ms: dict[str, float]
