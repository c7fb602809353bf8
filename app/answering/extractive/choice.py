"""Choose what to quote, or to decline."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from app.answering.extractive.evidence import Candidate, Evidence
from app.answering.extractive.units import Kind
from app.answering.extractive.weights import Weights

# A sentence that begins so speaks of something named before it.
_LEANING = frozenset("he her his it its she such that their these they this those".split())


@dataclass(frozen=True, slots=True)
class Choice:
    """What the model answers with.

    Attributes:
        quoted: the units to quote, in the order to give them; none when it declines.
        support: how well the passages support them, 0 to 1.
    """

    quoted: tuple[Candidate, ...]
    support: float


def choose(evidence: Evidence, weights: Weights, max_sentences: int, threshold: float) -> Choice:
    """The best-supported units; fewer than `max_sentences` where they leave little doubt.

    Two versions of one sentence that say different things share the probability of holding the
    answer, so both are quoted, each with its citation.
    """
    ranked = list(_ranked(evidence, weights))
    if not ranked:
        return Choice((), 0.0)
    support = weights.support(evidence.rows[ranked[0][0]])
    if support < threshold:
        return Choice((), support)
    chosen: list[int] = []
    covered = 0.0
    for index, probability in ranked:
        if len(chosen) == max_sentences or (chosen and covered >= weights.enough):
            break
        if chosen and probability < weights.worthwhile:
            break
        if any(_overlap(evidence.candidates[index], evidence.candidates[i]) for i in chosen):
            continue
        chosen.append(index)
        covered += probability
    if len(chosen) == 1 < max_sentences:
        chosen += _leant_on(evidence, chosen[0])
    return Choice(
        tuple(evidence.candidates[index] for index in _ordered(evidence, chosen)), support
    )


def _ranked(evidence: Evidence, weights: Weights) -> Iterator[tuple[int, float]]:
    """Indices of distinct units that can answer, with the probability that each does."""
    scores: dict[int, float] = {}
    seen: set[str] = set()
    for index, (candidate, row) in enumerate(zip(evidence.candidates, evidence.rows, strict=True)):
        words = " ".join(word.surface.casefold() for word in candidate.words)
        if row.can_answer and words not in seen:
            seen.add(words)
            scores[index] = weights.unit_score(row)
    if not scores:
        return
    top = max(scores.values())
    odds = {index: math.exp(score - top) for index, score in scores.items()}
    total = sum(odds.values())
    for index in sorted(odds, key=lambda i: (-odds[i], i)):
        yield index, odds[index] / total


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
