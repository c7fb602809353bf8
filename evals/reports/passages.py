"""The passages of a question in both runs, with what is cited and what the labels quote marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from app.answering.answer import Answer, Citation, Passage
from app.cli.show import place
from evals.datasets.case import Gold
from evals.running.run import CaseResult

PASSAGES = 8
PASSAGE_LENGTH = 2_500


@dataclass(frozen=True)
class ShownPassage:
    """A passage as the report shows it.

    Attributes:
        place: where it is from.
        ranks: by run, its place among what was retrieved, from 1.
        notes: what is to be known of it: who cites it as a whole, that it holds a gold label, that
            a citation's words are not where it says they are.
        cited: whether an answer cites it.
        segments: the text.
        cut: characters that were left out at the end.
    """

    place: str
    ranks: dict[str, int]
    notes: list[str]
    cited: bool
    segments: list[Segment]
    cut: int


@dataclass
class _Found:
    passage: Passage
    ranks: dict[str, int] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cited: bool = False


def passages_of(
    gold: Sequence[Gold], answers: dict[str, tuple[CaseResult, Answer]]
) -> tuple[list[ShownPassage], int]:
    """Passages that matter first, and how many are left out.

    Cited ones and those with a gold label come first, then by rank.

    Args:
        gold: the case's labels.
        answers: by run (`baseline`, `candidate`), the result that is shown, with its answer.
    """
    found: dict[tuple[str, int, str], _Found] = {}
    for run, (result, answer) in answers.items():
        relevant = {chunk for label in result.relevant_chunks for chunk in label}
        for rank, passage in enumerate(answer.passages, start=1):
            key = (passage.document, passage.start, passage.text)
            one = found.setdefault(key, _Found(passage))
            one.ranks.setdefault(run, rank)
            _mark(one, run, passage, answer.citations)
            if passage.chunk_id in relevant and HOLDS_GOLD not in one.notes:
                one.notes.append(HOLDS_GOLD)
    for one in found.values():
        labels = gold_spans(one.passage, gold)
        one.spans += labels
        if labels and HOLDS_GOLD not in one.notes:
            one.notes.append(HOLDS_GOLD)
    ordered = sorted(
        found.values(),
        key=lambda one: (not (one.cited or HOLDS_GOLD in one.notes), min(one.ranks.values())),
    )
    return [_shown(one) for one in ordered[:PASSAGES]], max(0, len(ordered) - PASSAGES)


HOLDS_GOLD = "holds a gold label"


def _mark(one: _Found, run: str, passage: Passage, citations: Sequence[Citation]) -> None:
    mine = [citation for citation in citations if cites(citation, passage)]
    one.cited |= bool(mine)
    one.spans += cited_spans(passage, mine, run)
    for citation in mine:
        if not citation.quoted:
            one.notes.append(f"cited as a whole by the {run} [{citation.marker}]")
        elif _words(passage, citation) != citation.text:
            one.notes.append(f"the {run}'s quotation [{citation.marker}] is not at its place here")


def _words(passage: Passage, citation: Citation) -> str:
    start = citation.start - passage.start
    return passage.text[start : citation.end - passage.start] if start >= 0 else ""


def _shown(one: _Found) -> ShownPassage:
    return ShownPassage(
        place=place(one.passage),
        ranks=one.ranks,
        notes=list(dict.fromkeys(one.notes)),
        cited=one.cited,
        segments=segments(one.passage.text, one.spans, PASSAGE_LENGTH),
        cut=max(0, len(one.passage.text) - PASSAGE_LENGTH),
    )


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
        for start, end in [_clipped(passage, citation.start, citation.end)]
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
        limit: characters at most; the rest is cut off.
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


def _clipped(passage: Passage, start: int, end: int) -> tuple[int, int]:
    """A document's offsets as the passage's own, cut off at its bounds."""
    length = len(passage.text)
    return max(0, start - passage.start), min(length, end - passage.start)
