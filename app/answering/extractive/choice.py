"""Choose what to quote, or to decline."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from app.answering.extractive.asked_for import lacks_asked_for
from app.answering.extractive.blocks import asks_how, blocks
from app.answering.extractive.evidence import Candidate, Evidence
from app.answering.extractive.expectation import asks_of_a_day, names_a_day
from app.answering.extractive.fitted_constants import Weights
from app.answering.extractive.links import LEAST_GAIN, Link, best_link
from app.answering.extractive.mismatch import cannot_answer
from app.answering.extractive.units import Kind
from app.answering.extractive.versions import in_force_first, is_set_back

# A block with one of this many best units needs to hold less of the question.
BEST_UNITS = 2
# A sentence that begins so speaks of something named before it.
_LEANING = frozenset("he her his it its she such that their these they this those".split())


@dataclass(frozen=True, slots=True)
class Choice:
    """What the model answers with.

    Attributes:
        quoted: the units to quote, in the order to give them; none when it declines.
        support: how well the passages support them, 0 to 1.
        notes: what to say of a passage's version before its quotation, by marker.
    """

    quoted: tuple[Candidate, ...]
    support: float
    notes: Mapping[int, str] = field(default_factory=dict)


def choose(
    evidence: Evidence, weights: Weights, max_sentences: int, threshold: float, today: date
) -> Choice:
    """The best-supported units; fewer than `max_sentences` where they leave little doubt.

    Two units that answer together (see `links`) are quoted one after the other, with one unit more
    than `max_sentences`. A how-to question gets steps or code, if any are near enough. Two versions of one sentence that
    say different things share the probability of holding the answer, so both are quoted, each with
    its citation.
    """
    ranked = list(_ranked(evidence, weights, today))
    if not ranked:
        return Choice((), 0.0)
    best = ranked[0][0]
    stems = (
        candidate.stems | candidate.around
        for candidate in evidence.candidates
        if not candidate.passage.is_further
    )
    lacks = lacks_asked_for(evidence.question, stems)
    chosen = _best(evidence, ranked, weights, max_sentences)
    quoted = tuple(evidence.candidates[index] for index in _ordered(evidence, chosen))
    support = weights.support(evidence.rows[best], lacks)
    if not asks_how(evidence.question):
        if (link := best_link(evidence, weights)) is not None:
            quoted = _with_link(evidence, chosen, link, max_sentences)
            if link.gain >= LEAST_GAIN:
                support = max(support, _support_of(evidence, link, weights, lacks))
    elif (block := _block(evidence, ranked, weights)) is not None:
        quoted = (block,)
    if cannot_answer(evidence.question, quoted):
        support = 0.0
    if support < threshold:
        return Choice((), support)
    ordered, notes = in_force_first(quoted, evidence.question, today)
    return Choice(tuple(ordered), support, notes)


def _with_link(
    evidence: Evidence, chosen: list[int], link: Link, most: int
) -> tuple[Candidate, ...]:
    """The best unit, the two linked ones, and what else was chosen: one more than `most` in all.

    A row that is reached by a value says little without the one that has the value. Other rows of
    the two tables are of other things.
    """
    pair = [link.source, link.target]
    tables = {_table(evidence, index) for index in pair} - {None}
    chosen = [index for index in chosen if index in pair or _table(evidence, index) not in tables]
    if most == 1:
        return (evidence.candidates[link.target],)
    found = [*(i for i in chosen[:1] if i not in pair), *pair]
    found += [i for i in chosen[1:] if i not in pair]
    return tuple(evidence.candidates[index] for index in found[: most + 1])


def _table(evidence: Evidence, index: int) -> tuple[int, str] | None:
    """The table of a row, by passage and header; None for what is not a row."""
    candidate = evidence.candidates[index]
    header = candidate.unit.header
    return (candidate.passage.marker, header) if header else None


def _support_of(evidence: Evidence, link: Link, weights: Weights, lacks: bool) -> float:
    """The support of two units that answer together: what one lacks, the other holds."""
    rows = [evidence.rows[index] for index in (link.source, link.target)]
    return max(
        weights.support(
            replace(row, match=link.together, passage_match=max(link.together, row.passage_match)),
            lacks,
        )
        for row in rows
    )


def _best(
    evidence: Evidence, ranked: list[tuple[int, float]], weights: Weights, most: int
) -> list[int]:
    """The best unit, and further ones that may hold the answer as well."""
    chosen: list[int] = []
    covered = 0.0
    for index, probability in ranked:
        if len(chosen) == most or (chosen and covered >= weights.enough):
            break
        if chosen and probability < weights.worthwhile:
            break
        if any(_overlap(evidence.candidates[index], evidence.candidates[i]) for i in chosen):
            continue
        chosen.append(index)
        covered += probability
    if len(chosen) == 1 < most:
        chosen += _leant_on(evidence, chosen[0])
    return chosen


def _ranked(evidence: Evidence, weights: Weights, today: date) -> Iterator[tuple[int, float]]:
    """Indices of distinct units that can answer, with the probability that each does."""
    scores: dict[int, float] = {}
    seen: set[str] = set()
    of_a_day = asks_of_a_day(evidence.question)
    passages = list({c.passage.marker: c.passage for c in evidence.candidates}.values())
    set_back = {
        passage.marker
        for passage in passages
        if is_set_back(passage, passages, evidence.question, today)
    }
    for index, (candidate, row) in enumerate(zip(evidence.candidates, evidence.rows, strict=True)):
        words = " ".join(word.surface.casefold() for word in candidate.words)
        if of_a_day and not names_a_day(candidate.words):
            continue
        if row.can_answer and words not in seen:
            seen.add(words)
            scores[index] = weights.unit_score(row)
            if candidate.passage.marker in set_back:
                scores[index] -= weights.superseded
    if not scores:
        return
    top = max(scores.values())
    odds = {index: math.exp(score - top) for index, score in scores.items()}
    total = sum(odds.values())
    for index in sorted(odds, key=lambda i: (-odds[i], i)):
        yield index, odds[index] / total


def _block(
    evidence: Evidence, ranked: list[tuple[int, float]], weights: Weights
) -> Candidate | None:
    """The best steps or code for the question; None if none fit."""
    order = {index: place for place, (index, _) in enumerate(ranked)}
    best: tuple[float, Candidate] | None = None
    for block in blocks(evidence.candidates, evidence.stems):
        found = block.candidate
        covered = evidence.telling.share(evidence.stems, found.stems | found.around)
        place = min((order[index] for index in block.units if index in order), default=len(order))
        least = weights.block_covered if block.tells_how else weights.block_covered * 1.3
        if covered < (least / 2 if place < BEST_UNITS else least):
            continue
        score = max(weights.unit_score(evidence.rows[index]) for index in block.units)
        score += weights.block_match * covered
        if best is None or score > best[0]:
            best = (score, found)
    return None if best is None else best[1]


def _overlap(one: Candidate, other: Candidate) -> bool:
    """Whether two units share text, as a list and one of its items do."""
    return (
        one.passage is other.passage
        and one.unit.start < other.unit.end
        and other.unit.start < one.unit.end
    )


def _leant_on(evidence: Evidence, index: int) -> list[int]:
    """The sentence before, where the chosen one begins with a pronoun that refers to it."""
    candidate = evidence.candidates[index]
    if index == 0 or not candidate.words or candidate.unit.kind is not Kind.SENTENCE:
        return []
    before = evidence.candidates[index - 1]
    leaning = candidate.words[0].surface.lower() in _LEANING
    if leaning and before.passage is candidate.passage and before.unit.kind is Kind.SENTENCE:
        return [index - 1]
    return []


def _ordered(evidence: Evidence, chosen: list[int]) -> list[int]:
    """Best passage first, reading order within a passage."""
    first: dict[int, int] = {}
    for place, index in enumerate(chosen):
        first.setdefault(evidence.candidates[index].passage.marker, place)
    return sorted(chosen, key=lambda i: (first[evidence.candidates[i].passage.marker], i))
