"""Golden questions: does the candidate still find what the live version finds?

A golden question names a document and quotes the words that answer it, so that it holds however
the document is cut. It is found if one of the first `depth` passages is of that document and
shares the quote, or the greater part of it, with the passage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pydantic import BaseModel

from ingestion.documents.document import Chunk
from ingestion.embedding.embedder import Embedder
from ingestion.index import hybrid
from ingestion.index.protocol import DocumentSet
from ingestion.sources.definitions import GoldenQuestion

SEARCH_DEPTH = 100
# A quote that a chunk border cuts is found by the chunk that holds this share of its words.
ENOUGH = 0.6


class GoldenResult(BaseModel):
    """One golden question, asked of both versions.

    Attributes:
        question, document: as written.
        live: whether the live version found it; None if absent.
        candidate: whether the candidate did; None if the quote is gone from the source.
        note: what is to be said of it.
    """

    question: str
    document: str
    live: bool | None
    candidate: bool | None
    note: str = ""


class GoldenReport(BaseModel):
    """The check before publishing.

    Attributes:
        asked: questions whose quotes the candidate's documents hold.
        live: share of these that the live version finds; None if absent.
        candidate: share that the candidate finds.
        margin: by how much the candidate may be worse.
        passed: whether it is not worse by more.
        corpus_changed: questions whose quotes are gone from the source: they say nothing about
            retrieval, and want new labels.
        lost: questions that the live version finds and the candidate does not.
    """

    asked: int
    live: float | None
    candidate: float | None
    margin: float
    passed: bool
    corpus_changed: list[GoldenResult]
    lost: list[GoldenResult]


class Side(NamedTuple):
    """A version to be asked, and the model to ask it with."""

    version: DocumentSet
    embedder: Embedder


def check(
    questions: Sequence[GoldenQuestion],
    candidate: Side,
    live: Side | None,
    *,
    depth: int,
    margin: float,
    same_content: Callable[[str], bool] = lambda _: False,
) -> GoldenReport:
    """Ask every golden question of both versions.

    Args:
        same_content: whether a document's source has not changed between the two: a quote that is
            gone from its chunks all the same was lost by the index, not by the source.
        depth: passages looked at for each question.
        margin: the share of found questions may fall by this much.
    """
    results = [_ask(question, candidate, live, depth, same_content) for question in questions]
    compared = [result for result in results if result.candidate is not None]
    share = _share([bool(result.candidate) for result in compared])
    share_live = _share([bool(result.live) for result in compared]) if live else None
    worse = (share_live or 0.0) - (share or 0.0)
    return GoldenReport(
        asked=len(compared),
        live=share_live,
        candidate=share,
        margin=margin,
        passed=worse <= margin + 1e-9,
        corpus_changed=[result for result in results if result.candidate is None],
        lost=[result for result in compared if result.live and not result.candidate],
    )


def _ask(
    question: GoldenQuestion,
    candidate: Side,
    live: Side | None,
    depth: int,
    same_content: Callable[[str], bool],
) -> GoldenResult:
    chunks = candidate.version.chunks_of(question.document)
    found: bool | None = None
    note = ""
    if not holds(chunks, question.quote) and same_content(question.document):
        found = False
        note = "the index has lost words that the source still holds"
    elif not chunks:
        note = "the document is not in the candidate"
    elif not holds(chunks, question.quote):
        note = "the quote is gone from the document"
    else:
        found = _finds(question, candidate, depth)
    before = _finds(question, live, depth) if live else None
    return GoldenResult(
        question=question.question,
        document=question.document,
        live=before,
        candidate=found,
        note=note,
    )


def holds(chunks: Sequence[Chunk], quote: str) -> bool:
    """Whether a document's chunks, put together again, hold a quote; white space does not count."""
    text, end = "", 0
    for chunk in sorted(chunks, key=lambda chunk: chunk.start):
        text += " " * (chunk.start > end) + chunk.text[max(0, end - chunk.start) :]
        end = max(end, chunk.end)
    return _flat(quote) in _flat(text)


def _finds(question: GoldenQuestion, side: Side, depth: int) -> bool:
    vector = side.embedder.embed_query(question.question)
    found = hybrid.search(side.version, vector, question.question, limit=depth, depth=SEARCH_DEPTH)
    return any(
        item.chunk.document_id == question.document and _shares(item.chunk.text, question.quote)
        for item in found
    )


def _shares(text: str, quote: str) -> bool:
    """Whether a passage holds the quote, or begins or ends within the greater part of it."""
    text, quote = _flat(text), _flat(quote)
    if quote in text:
        return True
    least = max(1, int(len(quote) * ENOUGH))
    return any(
        text.endswith(quote[:length]) or text.startswith(quote[-length:])
        for length in range(least, len(quote))
    )


def _share(found: Sequence[bool]) -> float | None:
    return sum(found) / len(found) if found else None


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold()
