"""The passages of one question: those of both answers in one list, with what is marked in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.answering.answer import Answer, Citation, Passage
from app.show import place
from evals.cases.case import Gold
from evals.reports.marking import Segment, Span, cited_spans, cites, gold_spans, segments
from evals.runs.run import CaseResult

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
