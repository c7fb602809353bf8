"""Answers, and the passages and versions behind them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Page: TypeAlias = int | str | None
Metadata: TypeAlias = dict[str, str | int | float | bool | list[str]]


class Model(BaseModel):
    """Part of a response: unchangeable, and open for new fields."""

    model_config = ConfigDict(extra="allow", frozen=True)


class StageScores(Model):
    """What each stage of retrieval thought of a passage; None where the stage did not see it."""

    dense: float | None = None
    lexical: float | None = None
    fused: float
    rerank: float | None = None


class AlsoIn(Model):
    """Another document that holds a passage's words."""

    document: str
    title: str
    source: str
    metadata: Metadata


class Passage(Model):
    """A retrieved chunk.

    Attributes:
        document, title, source: the document's id in its set, its title, and where it comes from.
        heading_path: headings above it, outermost first.
        page: page, slide or sheet, if the format has them.
        start, end: characters of the document's extracted text; `text` is exactly these.
        context: what it was indexed with in front.
        score: the score that it was ranked by.
        also_in: further documents that hold the same words.
    """

    chunk_id: str
    document: str
    title: str
    heading_path: list[str]
    page: Page
    start: int
    end: int
    text: str
    context: str
    score: float
    scores: StageScores
    metadata: Metadata
    source: str
    also_in: list[AlsoIn] = Field(default_factory=list)


class Citation(Model):
    """A passage's words behind an answer.

    Attributes:
        marker: the number in the answer's text, as in `[1]`.
        text: the cited words, `start` to `end` of the document's extracted text.
        quoted: whether the answer quotes these words.
    """

    marker: int
    document: str
    title: str
    source: str
    heading_path: list[str]
    page: Page
    start: int
    end: int
    text: str
    quoted: bool
    chunk_id: str


class CitationCheck(Model):
    """What the service's check of the citations found."""

    markers_removed: int = 0
    quotes_unverified: list[str] = Field(default_factory=list)
    sentences_uncited: int = 0


class Usage(Model):
    """Tokens, as the chat model counts them."""

    input_tokens: int
    output_tokens: int


class RetrievalManifest(Model):
    """How passages were found."""

    fusion: str
    passages: int
    depth: int
    rerank_model: str | None = None
    rerank_depth: int | None = None


class Manifest(Model):
    """Everything that shaped an answer; `id` is the hash of all of it."""

    id: str
    document_set: str
    index_version: str
    embedding_model: str
    embedding_hash: str
    prompt: str
    prompt_hash: str
    chat_model: str
    chat_parameters: dict[str, Any]
    retrieval: RetrievalManifest
    condensed_by: str | None = None
    rendering: str | None = None
    embedding_arithmetic: str | None = None


class AnswerContent(Model):
    """An answer without its question: cited text, or a refusal that says why.

    Attributes:
        answer: the text, with markers such as `[1]`.
        refused: whether the service declines to answer.
        passages: what was retrieved, best first; marker n is the n-th.
        degraded: whether another model than the configured one answered.
        cut_off: whether the model was ended before it had ended.
        timings_ms: milliseconds by stage.
    """

    answer: str
    refused: bool
    citations: list[Citation]
    passages: list[Passage]
    citation_check: CitationCheck
    manifest: Manifest
    prompt_version: str
    index_version: str
    model: str
    degraded: bool = False
    cut_off: bool = False
    usage: Usage | None = None
    timings_ms: dict[str, float]


class Answer(AnswerContent):
    """An answer to a question.

    Attributes:
        id: for feedback, and to look up where the answer came from.
        standalone_question: what was searched for; a follow-up is condensed to it.
        cache: `exact`, `semantic`, `miss` or `off`.
        matched_question: the question that a `semantic` answer was first given to.
        notices: what the caller should know, in sentences.
    """

    id: str
    at: datetime
    question: str
    standalone_question: str
    session_id: str | None = None
    cache: str = "off"
    matched_question: str | None = None
    notices: list[str] = Field(default_factory=list)
    release: str | None = None


class SearchResult(Model):
    """Passages without an answer, best first."""

    passages: list[Passage]
    index_version: str
    timings_ms: dict[str, float]
