"""Mark cited words and gold labels in a passage's text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.answering.answer import Citation, Passage
from evals.cases.case import Gold


@dataclass(frozen=True)
class Span:
    """Characters of a passage that are marked for one reason.

    Attributes:
        start: the first, counted from the passage's own start.
        end: the one after the last.
        kind: `baseline` or `candidate`, who cites it; or `gold`.
        label: what stands behind the span's end, such as `[1]`.
    """

    start: int
    end: int
    kind: str
    label: str = ""


@dataclass(frozen=True)
class Segment:
    """Text that is marked alike throughout.

    Attributes:
        text: the characters.
        kinds: why it is marked, in alphabetical order; empty for plain text.
        labels: labels of the spans that end with it.
    """

    text: str
    kinds: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


def cited_spans(passage: Passage, citations: Iterable[Citation], kind: str) -> list[Span]:
    """Quotations that lie in a passage.

    A citation that quotes nothing names the whole passage, and marking all of it would tell nothing.

    Args:
        passage: where to look; its `start` turns a document's offsets into its own.
        citations: of one answer.
        kind: whose answer it is.
    """
    return [
        Span(start, end, kind, f"[{citation.marker}]")
        for citation in citations
        if citation.quoted and cites(citation, passage)
        for start, end in [_within(passage, citation.start, citation.end)]
        if start < end
    ]


def cites(citation: Citation, passage: Passage) -> bool:
    """Whether a citation is of this passage, rather than of one that overlaps it."""
    return citation.chunk_id == passage.chunk_id and citation.document == passage.document


def gold_spans(passage: Passage, gold: Iterable[Gold]) -> list[Span]:
    """Places of gold labels in a passage; white space may differ."""
    found = []
    for label in gold:
        words = label.quote.split()
        if label.document == passage.document and words:
            pattern = r"\s+".join(map(re.escape, words))
            found += [Span(*match.span(), "gold") for match in re.finditer(pattern, passage.text)]
    return found


def segments(text: str, spans: Sequence[Span], limit: int) -> list[Segment]:
    """Cut a text where a span begins or ends, so that spans may overlap in any way.

    Args:
        text: the passage's.
        spans: in any order.
        limit: characters at the most; what is behind is cut off.
    """
    text = text[:limit]
    inside = [span for span in spans if span.start < len(text)]
    cuts = {0, len(text), *(span.start for span in inside)}
    cuts |= {min(span.end, len(text)) for span in inside}
    edges = sorted(cuts)
    return [
        Segment(
            text=text[start:end],
            kinds=tuple(sorted({s.kind for s in inside if s.start <= start and end <= s.end})),
            labels=tuple(
                dict.fromkeys(s.label for s in inside if min(s.end, len(text)) == end and s.label)
            ),
        )
        for start, end in pairwise(edges)
    ]


def _within(passage: Passage, start: int, end: int) -> tuple[int, int]:
    """A document's offsets as the passage's own, cut off at its bounds."""
    length = len(passage.text)
    return max(0, start - passage.start), min(length, end - passage.start)
