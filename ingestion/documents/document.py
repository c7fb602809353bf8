"""What is indexed: a document as extracted, its blocks, and the chunks cut from it.

Every position is a character offset into `Document.text`, the *extracted* text: the one
coordinate system that chunks, citations and evaluation labels share.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool
Metadata: TypeAlias = Mapping[str, Scalar | list[str]]
Page: TypeAlias = int | str


class BlockKind(StrEnum):
    """What a stretch of extracted text is, as far as chunking cares."""

    HEADING = "heading"
    TEXT = "text"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """A contiguous stretch `[start, end)` of `Document.text`.

    Blocks are in order, do not overlap, and leave nothing but white space between them.

    Attributes:
        kind: what the stretch is.
        start: first character, inclusive.
        end: last character, exclusive.
        level: for a heading, its depth (1 = top); 0 otherwise.
        page: page number (from 1) of a PDF or slide number of a PPTX; sheet name of an XLSX;
            None where the format has no pages.
        header_end: for a table, the end of its header rows (`[start, header_end)` is repeated
            on top of every chunk when the table must be cut); equal to `start` when the table
            has no header.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    page: Page | None = None
    header_end: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """One extracted document.

    Attributes:
        id: stable name inside its document set: the path relative to the ingested folder
            (POSIX separators), or a record's id field.
        title: what a reader would call it; never empty.
        text: the extracted text; all offsets point into it.
        blocks: structure of `text`.
        source: where it was read from, as given (for people; not an identifier).
        media_type: for example `application/pdf`.
        content_hash: SHA-256 (hex) of the bytes it was read from.
        metadata: filterable values (a record's other fields, a page count, an author).
        hidden: why nobody who is bound to groups sees it, for anyone who may mend it; empty if
            its groups are understood, or none are named.
    """

    id: str
    title: str
    text: str
    blocks: tuple[Block, ...]
    source: str
    media_type: str
    content_hash: str
    metadata: Metadata = field(default_factory=dict)
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A contiguous span of one document, small enough to be embedded whole.

    Attributes:
        document_id: the document it was cut from.
        title: that document's title.
        heading_path: headings above the chunk, outermost first.
        page: page, slide or sheet on which the chunk starts, if any.
        start: first character in `Document.text`, inclusive.
        end: last character, exclusive.
        text: exactly `Document.text[start:end]`; what citations quote from.
        context: what stands in front of `text` when it is embedded and searched lexically:
            title, heading path, and a cut table's repeated header. Never quoted.
        ordinal: position among the document's chunks, from 0.
        metadata: the document's metadata.
        media_type: the document's media type.
        source: the document's source.
        document_hash: the document's content hash.
        language: ISO 639-1 code of the language it is in; empty if unknown.
    """

    document_id: str
    title: str
    heading_path: tuple[str, ...]
    page: Page | None
    start: int
    end: int
    text: str
    context: str
    ordinal: int
    metadata: Metadata = field(default_factory=dict)
    media_type: str = "text/plain"
    source: str = ""
    document_hash: str = ""
    language: str = ""

    @property
    def indexed_text(self) -> str:
        """What is embedded and what is searched lexically: the context, then the text."""
        return f"{self.context}\n{self.text}" if self.context else self.text

    @property
    def id(self) -> str:
        """Stable 32-digit hex id (a valid UUID): same document, place and words, same id."""
        key = "\0".join((self.document_id, str(self.ordinal), self.indexed_text))
        return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def by_document(chunks: Iterable[Chunk]) -> dict[str, list[Chunk]]:
    """Chunks by the document they were cut from, each document's in reading order."""
    found: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        found.setdefault(chunk.document_id, []).append(chunk)
    for of_one in found.values():
        of_one.sort(key=lambda chunk: chunk.ordinal)
    return found
