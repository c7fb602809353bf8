"""Which chunks of an index version hold the words that a label quotes.

Labels name a document and quote it. Chunks are stretches of the document's extracted text, so a
document is put together again from its chunks, the quote is looked for in it, and the chunks that
lie over the place are what the label means in this version.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from pydantic import BaseModel

from evals.datasets.case import Gold
from ingestion.documents.document import Chunk
from ingestion.index.protocol import DocumentSet

WORD = re.compile(r"\S+")


class ResolvedLabel(BaseModel):
    """The chunks that a label means, or why it is stale.

    Attributes:
        chunks: ids of the chunks that hold the quote whole; where none does, of those that it
            lies across, in reading order. Empty: the label is stale.
        why: why it is stale.
    """

    chunks: list[str] = []
    why: str = ""


def resolve_labels(labels: Iterable[Gold], opened: DocumentSet) -> dict[Gold, ResolvedLabel]:
    """Find every label's words in an index version; its documents are read in one go."""
    wanted = list(dict.fromkeys(labels))
    documents = opened.chunks_of_all(sorted({label.document for label in wanted}))
    texts = {document: _Text.of(chunks) for document, chunks in documents.items()}
    return {label: _resolved(label, documents, texts) for label in wanted}


def _resolved(
    label: Gold, documents: Mapping[str, Sequence[Chunk]], texts: Mapping[str, _Text]
) -> ResolvedLabel:
    chunks = documents.get(label.document)
    if not chunks:
        return ResolvedLabel(why="the set has no such document")
    spans = list(texts[label.document].spans(label.quote))
    if not spans:
        return ResolvedLabel(why="the document does not hold these words")
    whole = [
        chunk.id
        for chunk in chunks
        if any(chunk.start <= start and end <= chunk.end for start, end in spans)
    ]
    across = [
        chunk.id
        for chunk in chunks
        if any(chunk.start < end and start < chunk.end for start, end in spans)
    ]
    return ResolvedLabel(chunks=whole or across)


@dataclass(frozen=True, slots=True)
class _Text:
    """A document's text with single spaces, and where each word of it was.

    Attributes:
        flat: words with one space between them.
        begins: where each word begins in `flat`.
        places: where it begins in the document's extracted text.
    """

    flat: str
    begins: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, chunks: Sequence[Chunk]) -> _Text:
        """Put a document together again; chunks may overlap, and white space between them is gone."""
        words: list[str] = []
        places: list[int] = []
        for start, text in _stretches(chunks):
            for found in WORD.finditer(text):
                words.append(found[0])
                places.append(start + found.start())
        lengths = [len(word) + 1 for word in words]
        return cls(" ".join(words), [0, *accumulate(lengths)][:-1], places)

    def spans(self, quote: str) -> Iterator[tuple[int, int]]:
        """Everywhere the quote stands: its first character, and the one after its last."""
        wanted = " ".join(quote.split())
        at = self.flat.find(wanted) if wanted else -1
        while at >= 0:
            yield self._place(at), self._place(at + len(wanted) - 1) + 1
            at = self.flat.find(wanted, at + 1)

    def _place(self, at: int) -> int:
        word = bisect_right(self.begins, at) - 1
        return self.places[word] + at - self.begins[word]


def _stretches(chunks: Sequence[Chunk]) -> Iterator[tuple[int, str]]:
    """Stretches of a document's text without gaps, each with where it begins."""
    start, pieces, end = 0, [""], 0
    for chunk in sorted(chunks, key=lambda chunk: (chunk.start, chunk.end)):
        if chunk.start > end:
            yield start, "".join(pieces)
            start, pieces, end = chunk.start, [], chunk.start
        if chunk.end > end:
            pieces.append(chunk.text[end - chunk.start :])
            end = chunk.end
    yield start, "".join(pieces)
