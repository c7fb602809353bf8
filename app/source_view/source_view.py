"""What is shown of a document: its text, the cited words in it, and where they are on its pages."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from ingestion.documents.document import Page


class Span(NamedTuple):
    """Words that were cited.

    Attributes:
        start: first character in the document's extracted text, as a citation says.
        end: the character after the last.
        text: the words, by which they are looked for where they stand elsewhere by now; None where
            the caller does not know them.
    """

    start: int
    end: int
    text: str | None = None


class Box(BaseModel):
    """A rectangle on a page around cited words; lengths are shares of the page's, from 0 to 1.

    Attributes:
        page: number of the page, from 1.
        left: from the left edge of the page as it is shown.
        top: from its upper edge.
        width: of the rectangle.
        height: of the rectangle.
    """

    model_config = ConfigDict(frozen=True)

    page: int
    left: float
    top: float
    width: float
    height: float


class ShownSpan(BaseModel):
    """Cited words, in the view.

    Attributes:
        number: which of the spans that were asked for it is, from 0.
        start: first character in the view's `text`.
        end: the character after the last.
        text: the view's text from `start` to `end`.
        document_start: first character in the document's extracted text, in the version shown.
        document_end: the character after the last.
        heading_path: headings above the words, outermost first.
        page: page, slide or sheet on which they begin, if the format has them.
        boxes: where they stand on the pages; empty where no page is shown, or they are not found on it.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    start: int
    end: int
    text: str
    document_start: int
    document_end: int
    heading_path: list[str]
    page: Page | None = None
    boxes: list[Box] = Field(default_factory=list)


class PageSize(BaseModel):
    """A page that can be shown.

    Attributes:
        page: its number, from 1.
        width: in points (1/72 inch), as it is shown.
        height: in points.
    """

    model_config = ConfigDict(frozen=True)

    page: int
    width: float
    height: float


class SourceView(BaseModel):
    """A document with the cited words in it.

    Attributes:
        document_set: the set.
        document: the document's id in it.
        title: the document's title.
        source: where it comes from: its source and the path below, or its URL.
        media_type: for example `application/pdf`.
        language: ISO 639-1 code; empty if unknown.
        dates: what the document says of when it was made, changed or came into force, by field.
        index_version: the version that is shown.
        is_live: whether that is the one that answers come from now.
        kind: `pdf` where pages of the original can be shown; else `text`.
        page_count: how many pages the original has; None for `text`.
        pages: numbers of the pages that hold cited words, in order; empty for `text`.
        page_sizes: sizes of these pages.
        text: the extracted text, Markdown-like: `#` before headings, pipe tables, paragraphs.
        is_whole: whether `text` is all of it; of a large document, only what is around the words is.
        spans: the words that were found, in the order they were asked for.
        missing: which of the spans that were asked for stand in the document no more, from 0.
        original_problem: why the original cannot be shown, for readers; None where it can, and where
            its format is not shown in pages.
    """

    model_config = ConfigDict(frozen=True)

    document_set: str
    document: str
    title: str
    source: str
    media_type: str
    language: str
    dates: dict[str, str]
    index_version: str
    is_live: bool
    kind: Literal["pdf", "text"]
    page_count: int | None = None
    pages: list[int] = Field(default_factory=list)
    page_sizes: list[PageSize] = Field(default_factory=list)
    text: str
    is_whole: bool
    spans: list[ShownSpan]
    missing: list[int] = Field(default_factory=list)
    original_problem: str | None = None
