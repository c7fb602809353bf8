"""Faults that a gate must notice, in several strengths, and changes that it must not mind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from app.answering.extractive import ExtractiveChatModel
from evals.errors import EvalError
from evals.gate.power.faults import (
    ChangedPassages,
    DroppedChunks,
    MisplacedCitations,
    ReplacedVectors,
    SystemParts,
    WholeSet,
    truncated,
    with_changed_numbers,
)

Inject = Callable[[SystemParts, int], SystemParts]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a system.

    Attributes:
        name: what is changed.
        strength: how much of it.
        is_fault: whether the gate is to notice.
        inject: the parts with the change in them; the number is the seed of what is drawn.
        drawn: whether anything is drawn: then there are several instances of it.
    """

    name: str
    strength: str
    is_fault: bool
    inject: Inject
    drawn: bool = False


def all_changes() -> list[Change]:
    """Faults from weak to strong, then the changes that do no harm."""
    return [
        *(Change("wrong prompt", f"{n} of the passages", True, _fewer_passages(n)) for n in (5, 3, 2, 1)),
        *(Change("dropped chunks", _share(p), True, _dropped(p), True) for p in (0.05, 0.1, 0.2, 0.4)),
        *(Change("shuffled embeddings", _share(p), True, _shuffled(p), True) for p in (0.1, 0.25, 0.5, 1.0)),
        *(Change("stale index", f"{_share(p)} of documents", True, _stale(p), True) for p in (0.1, 0.25, 0.5)),
        *(Change("truncated context", f"{n} characters", True, _cut_short(n)) for n in (800, 500, 250)),
        *(Change("citations off", _share(p), True, _misplaced(p), True) for p in (0.1, 0.25, 0.5)),
        *(Change("refusals off", f"threshold {t:g}", True, _threshold(t)) for t in (0.08, 0.04, 0.0)),
        *(Change("refusals too many", f"threshold {t:g}", True, _threshold(t)) for t in (0.25, 0.4)),
        Change("the same again", "", False, _same),
        Change("rebuilt index", "bfloat16 vectors", False, _rounded, True),
        Change("reworded questions", "spaces, no full stop", False, _reworded(_spaced)),
        Change("reworded questions", "politely", False, _reworded(_politely)),
        Change("reworded questions", "in lower case", False, _reworded(str.lower)),
    ]  # fmt: skip


def some_changes() -> list[Change]:
    """One strong fault of each kind and two changes that do no harm, for a quick look."""
    strongest = {change.name: change for change in all_changes() if change.is_fault}
    harmless = [change for change in all_changes() if not change.is_fault]
    return [*strongest.values(), *harmless[:2]]


def _share(share: float) -> str:
    return f"{100 * share:g} %"


def _whole(parts: SystemParts) -> WholeSet:
    if not isinstance(parts.documents, WholeSet):
        raise TypeError("faults are put into sets that are read whole")
    return parts.documents


def _same(parts: SystemParts, _: int) -> SystemParts:
    return parts


def _fewer_passages(count: int) -> Inject:
    return lambda parts, _: replace(parts, passages=min(count, parts.passages))


def _dropped(share: float) -> Inject:
    def inject(parts: SystemParts, seed: int) -> SystemParts:
        whole = _whole(parts)
        keys = whole.keys()
        gone = _drawn(len(keys), share, seed)
        return replace(parts, documents=DroppedChunks(whole, frozenset(keys[at] for at in gone)))

    return inject


def _shuffled(share: float) -> Inject:
    def inject(parts: SystemParts, seed: int) -> SystemParts:
        whole = _whole(parts)
        vectors = whole.vectors()
        keys = list(vectors)
        moved = [keys[at] for at in _drawn(len(keys), share, seed)]
        # In a circle, so that none keeps its own.
        turned = dict(zip(moved, [vectors[key] for key in moved[1:] + moved[:1]], strict=True))
        return replace(parts, documents=ReplacedVectors(whole, {**vectors, **turned}))

    return inject


def _stale(share: float) -> Inject:
    def inject(parts: SystemParts, seed: int) -> SystemParts:
        whole = _whole(parts)
        documents = sorted({chunk.document_id for chunk in whole.chunks(whole.keys())})
        old = frozenset(documents[at] for at in _drawn(len(documents), share, seed))
        change = partial(with_changed_numbers, documents=old, seed=seed)
        return replace(parts, retriever=ChangedPassages(parts.retriever, change))

    return inject


def _cut_short(letters: int) -> Inject:
    change = partial(truncated, letters=letters)
    return lambda parts, _: replace(parts, retriever=ChangedPassages(parts.retriever, change))


def _misplaced(share: float) -> Inject:
    return lambda parts, seed: replace(parts, finish=MisplacedCitations(share, seed))


def _threshold(threshold: float) -> Inject:
    def inject(parts: SystemParts, _: int) -> SystemParts:
        if not isinstance(parts.model, ExtractiveChatModel):
            raise EvalError(
                "faults of refusing are faults of the extractive model: set PLUMB_CHAT_MODEL=extractive."
            )
        model = parts.model.model_copy(update={"threshold": threshold})
        return replace(parts, model=model)

    return inject


def _rounded(parts: SystemParts, seed: int) -> SystemParts:
    """Vectors as another machine would make them, with 8 bits of mantissa, rounded by chance."""
    whole = _whole(parts)
    chance = np.random.default_rng(seed)
    rounded = {}
    for key, vector in whole.vectors().items():
        mantissa, exponent = np.frexp(vector)
        steps = np.floor(mantissa * 256 + chance.random(len(vector)))
        near = np.ldexp(steps / 256, exponent)
        rounded[key] = (near / np.linalg.norm(near)).astype(np.float32)
    return replace(parts, documents=ReplacedVectors(whole, rounded))


def _reworded(ask: Callable[[str], str]) -> Inject:
    return lambda parts, _: replace(parts, ask=ask)


def _spaced(question: str) -> str:
    return f" {question.rstrip(' .?')}  ?"


def _politely(question: str) -> str:
    return f"Could you please tell me: {question}"


def _drawn(count: int, share: float, seed: int) -> list[int]:
    """At least one of so many."""
    most = max(1, round(share * count))
    return sorted(np.random.default_rng(seed).permutation(count)[:most].tolist())
