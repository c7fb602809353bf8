"""Find candidates that repeat a question of the dataset, of a review file, or of each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.cache.keys import normalised
from app.cache.same_question.comparison import difference
from evals.curation.candidate import Candidate
from evals.datasets.case import Case

Embed = Callable[[list[str]], NDArray[np.float32]]
# Cosine similarity from which two questions are compared word by word, as the semantic cache does.
NEAR_SIMILARITY = 0.80
# From here on a question that is not the same is named beside the candidate.
NOTE_SIMILARITY = 0.92


@dataclass(slots=True)
class Deduplicated:
    """What is left of candidates.

    Attributes:
        kept: those that ask something new, in the order given.
        known: how many ask what a known case asks.
        exact: how many ask what another candidate asks, in the same words.
        near: how many ask it in other words.
    """

    kept: list[Candidate] = field(default_factory=list)
    known: int = 0
    exact: int = 0
    near: int = 0


def deduplicate(
    candidates: Sequence[Candidate], known: Sequence[Case], embed: Embed
) -> Deduplicated:
    """Keep the first of the candidates that ask the same, unless a known case asks it too.

    Two questions ask the same when they do by their words (`normalised`), or when they are near by
    their vectors and the gate of the semantic cache finds no difference between them. It errs on
    the side of a difference, so some rewordings are kept; each says which case it is close to.

    Args:
        candidates: best first.
        known: cases that exist already.
        embed: texts to unit vectors.
    """
    sifted = Deduplicated()
    owners: dict[tuple[str, ...], int | None] = {_key(case): None for case in known}
    distinct: list[Candidate] = []
    for candidate in candidates:
        key = _key(candidate.case)
        if key not in owners:
            owners[key] = len(distinct)
            distinct.append(candidate)
            continue
        owner = owners[key]
        if owner is None:
            sifted.known += 1
        else:
            sifted.exact += 1
            distinct[owner] = _standing_for(distinct[owner], candidate)
    _drop_near_duplicates(distinct, known, embed, sifted)
    return sifted


def _drop_near_duplicates(
    candidates: Sequence[Candidate], known: Sequence[Case], embed: Embed, sifted: Deduplicated
) -> None:
    if not candidates:
        return
    cases = [*known, *(candidate.case for candidate in candidates)]
    vectors = embed([_text(case) for case in cases])
    # The known cases, then the candidates that are kept; `rows` says which case each is.
    compared = vectors.copy()
    rows = list(range(len(known)))
    places: dict[int, int] = {}
    for number, candidate in enumerate(candidates, start=len(known)):
        likeness = compared[: len(rows)] @ vectors[number]
        near = sorted(
            (-float(likeness[n]), rows[n]) for n in np.flatnonzero(likeness >= NEAR_SIMILARITY)
        )
        same = next((row for _, row in near if _same(cases[row], candidate.case)), None)
        if same is None:
            if near and -near[0][0] >= NOTE_SIMILARITY:
                close = cases[near[0][1]]
                candidate = candidate.with_notes(f"close to {close.id}: {close.question!r}")
            places[number] = len(sifted.kept)
            compared[len(rows)] = vectors[number]
            rows.append(number)
            sifted.kept.append(candidate)
        elif same < len(known):
            sifted.known += 1
        else:
            sifted.near += 1
            place = places[same]
            sifted.kept[place] = _standing_for(sifted.kept[place], candidate)


def _same(one: Case, other: Case) -> bool:
    return (
        _before(one) == _before(other)
        and one.filters == other.filters
        and difference(one.question, other.question) is None
    )


def _key(case: Case) -> tuple[str, ...]:
    return (*_before(case), normalised(case.question), repr(sorted(case.filters.items())))


def _before(case: Case) -> tuple[str, ...]:
    """What a follow-up depends on."""
    return tuple(normalised(turn.question) for turn in case.history[-1:])


def _text(case: Case) -> str:
    return " ".join([*(turn.question for turn in case.history[-1:]), case.question])


def _standing_for(kept: Candidate, dropped: Candidate) -> Candidate:
    """The candidate that stands for the other too; both come from stored answers."""
    if dropped.origin.answer_id is None:
        return kept
    also = (*kept.origin.also, dropped.origin.answer_id, *dropped.origin.also)
    return kept.model_copy(update={"origin": kept.origin.model_copy(update={"also": also})})
