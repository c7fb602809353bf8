"""Compare two windows, signal by signal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from evals.drift.drift import (
    ConfigurationChange,
    Drift,
    EarlierPeriod,
    SignalDrift,
    SignalName,
    WindowSummary,
)
from evals.drift.windows import Observation, Window, pieces
from evals.statistics.holm import holm
from evals.statistics.permutation import (
    Assignments,
    PermutationTest,
    assign,
    gap_of_shares,
    gaussian_kernel,
    largest_gap,
    mean_discrepancy,
    stability_index,
)

Embed = Callable[[list[str]], NDArray[np.float32]]
# Fewer values than this of a signal in a window say nothing about its distribution.
FEWEST_VALUES = 20
EARLIER_PERIODS = 8
SEED = 2026


@dataclass(frozen=True, slots=True)
class Rules:
    """When two windows differ.

    Attributes:
        alpha: chance, at most, of a false alarm over all signals.
        permutations: random assignments that a difference is compared with.
        minimum: answers that an earlier period must hold to be compared.
    """

    alpha: float = 0.05
    permutations: int = 1999
    minimum: int = 100


@dataclass(frozen=True, slots=True)
class _Pool:
    """The observations of both windows, the reference's first; shapes (observations, …)."""

    observations: list[Observation]
    recent: NDArray[np.bool_]
    vectors: NDArray[np.float32] | None
    assignments: Assignments


def compare_windows(
    document_set: str, reference: Window, recent: Window, embed: Embed, rules: Rules
) -> tuple[Drift, list[Observation]]:
    """What differs between the windows, without examples, and the recent answers by how unlike the
    reference's questions theirs are, the most unlike first.

    Args:
        document_set: the set, for the report.
        reference, recent: the windows.
        embed: questions to unit vectors.
        rules: when they differ.
    """
    vectors = _embedded([*reference.observations, *recent.observations], embed)
    pool = _pool(reference, recent, vectors, rules)
    signals = _signals(pool, rules.alpha)
    earlier = []
    for period, rest in pieces(reference, recent, EARLIER_PERIODS):
        if min(len(period.observations), len(rest.observations)) >= rules.minimum:
            there = _signals(_pool(rest, period, vectors, rules), rules.alpha)
            names = [signal.name for signal in there if signal.drifted]
            earlier.append(EarlierPeriod(since=period.since, until=period.until, drifted=names))
    found = Drift(
        document_set=document_set,
        at=datetime.now(UTC),
        alpha=rules.alpha,
        reference=_summary(reference),
        recent=_summary(recent),
        signals=signals,
        earlier=earlier,
        changes=_changes(reference.observations, recent.observations),
        examples=[],
        reason=_reason(signals, earlier),
    )
    drifted_questions = "questions" in found.drifted
    return found, _most_unlike(pool) if drifted_questions else []


def question_map(
    reference: Window, recent: Window, embed: Embed
) -> tuple[NDArray[np.float64], NDArray[np.bool_]] | None:
    """The questions in the two directions in which they vary most, and which are recent.

    Returns:
        Places of shape (questions, 2), from 0 to 1; None where words are not stored.
    """
    observations = [*reference.observations, *recent.observations]
    vectors = _embedded(observations, embed)
    asked = [one for one in observations if one.record.id in vectors]
    if len(asked) < FEWEST_VALUES:
        return None
    of_recent = {one.record.id for one in recent.observations}
    stacked = np.stack([vectors[one.record.id] for one in asked]).astype(np.float64)
    _, _, directions = np.linalg.svd(stacked - stacked.mean(axis=0), full_matrices=False)
    places = stacked @ directions[:2].T
    low, high = places.min(axis=0), places.max(axis=0)
    return (places - low) / np.maximum(high - low, 1e-9), np.array(
        [one.record.id in of_recent for one in asked]
    )


def _embedded(observations: Sequence[Observation], embed: Embed) -> dict[str, NDArray[np.float32]]:
    """The vectors of questions by answer; each different question is embedded once."""
    texts = sorted({one.question for one in observations if one.question})
    vectors = dict(zip(texts, embed(texts), strict=True)) if texts else {}
    return {one.record.id: vectors[one.question] for one in observations if one.question}


def _pool(
    reference: Window, recent: Window, vectors: dict[str, NDArray[np.float32]], rules: Rules
) -> _Pool:
    observations = [*reference.observations, *recent.observations]
    is_recent = np.array([False] * len(reference.observations) + [True] * len(recent.observations))
    asked = [vectors.get(one.record.id) for one in observations]
    there = [vector for vector in asked if vector is not None]
    whole = len(there) == len(asked) and there
    return _Pool(
        observations,
        is_recent,
        np.stack(there) if whole else None,
        assign(is_recent.tolist(), [one.cluster for one in observations], rules.permutations, SEED),
    )


def _signals(pool: _Pool, alpha: float) -> list[SignalDrift]:
    observations = pool.observations
    found = [
        _questions(pool),
        _numbers("similarity", pool, [one.similarity for one in observations]),
        _refusals(pool),
        _numbers("length", pool, [one.length for one in observations]),
        _numbers("citations", pool, [one.citations for one in observations]),
    ]
    compared = [signal for signal in found if signal.p_value is not None]
    adjusted = holm([signal.p_value for signal in compared if signal.p_value is not None])
    by_name = dict(zip((signal.name for signal in compared), adjusted, strict=True))
    return [
        signal.model_copy(
            update={
                "adjusted": by_name[signal.name],
                "drifted": by_name[signal.name] <= alpha,
            }
        )
        if signal.name in by_name
        else signal
        for signal in found
    ]


def _questions(pool: _Pool) -> SignalDrift:
    if pool.vectors is None:
        return SignalDrift(name="questions", not_compared="words are not stored (store.texts)")
    tested = mean_discrepancy(pool.vectors, pool.assignments)
    return _signal("questions", pool.recent, tested)


def _refusals(pool: _Pool) -> SignalDrift:
    refused = np.array([one.refused for one in pool.observations])
    tested = gap_of_shares(refused, pool.assignments)
    return _signal("refusals", pool.recent, tested, refused.astype(float))


def _numbers(name: SignalName, pool: _Pool, values: Sequence[float | None]) -> SignalDrift:
    there = np.array([value is not None for value in values])
    recent = pool.recent[there]
    if min(recent.sum(), (~recent).sum()) < FEWEST_VALUES:
        return SignalDrift(
            name=name,
            sizes=(int((~recent).sum()), int(recent.sum())),
            not_compared=f"fewer than {FEWEST_VALUES} answers of a window have it",
        )
    numbers = np.array([value for value in values if value is not None], dtype=np.float64)
    tested = largest_gap(numbers, pool.assignments.among(there))
    index = stability_index(numbers[~recent], numbers[recent])
    signal = _signal(name, recent, tested, numbers)
    return signal.model_copy(update={"stability_index": index})


def _signal(
    name: SignalName,
    recent: NDArray[np.bool_],
    tested: PermutationTest,
    values: NDArray[np.float64] | None = None,
) -> SignalDrift:
    return SignalDrift(
        name=name,
        reference=None if values is None else float(values[~recent].mean()),
        recent=None if values is None else float(values[recent].mean()),
        sizes=(int((~recent).sum()), int(recent.sum())),
        statistic=tested.statistic,
        usual=tested.usual,
        p_value=tested.p_value,
    )


def _summary(window: Window) -> WindowSummary:
    return WindowSummary(
        since=window.since,
        until=window.until,
        stored=window.stored,
        distinct=window.distinct,
        compared=len(window.observations),
        conversations=window.conversations,
    )


def _changes(
    reference: Sequence[Observation], recent: Sequence[Observation]
) -> list[ConfigurationChange]:
    """What shapes answers and has other values, or other shares of them, in the recent window."""
    facts: dict[str, Callable[[Observation], str]] = {
        "index version": lambda one: one.record.index_version,
        "embedding model": lambda one: one.record.manifest.embedding_model,
        "prompt": lambda one: one.record.prompt_version,
        "chat model": lambda one: one.record.model,
        "release": lambda one: one.record.release or "none",
    }
    found = []
    for what, value in facts.items():
        before, after = (_shares(map(value, window)) for window in (reference, recent))
        if before.keys() != after.keys():
            found.append(ConfigurationChange(what=what, reference=before, recent=after))
    return found


def _shares(values: Iterable[str]) -> dict[str, float]:
    counts = Counter(values)
    total = sum(counts.values())
    return {value: count / total for value, count in counts.most_common()}


def _reason(signals: Sequence[SignalDrift], earlier: Sequence[EarlierPeriod]) -> str:
    drifted = [signal.name for signal in signals if signal.drifted]
    if not drifted:
        compared = sum(signal.p_value is not None for signal in signals)
        return f"no drift: none of {compared} signals differs by more than chance allows"
    reason = f"drift in {', '.join(drifted)}"
    also = [name for name in drifted if any(name in period.drifted for period in earlier)]
    if also:
        count = sum(any(name in period.drifted for name in also) for period in earlier)
        reason += (
            f"; but {', '.join(also)} differed in {count} of {len(earlier)} earlier periods of this "
            "length too: it varies without a lasting change"
        )
    return reason


def _most_unlike(pool: _Pool) -> list[Observation]:
    """The recent answers by the witness function of the discrepancy (Gretton et al., 2012)."""
    if pool.vectors is None:
        return []
    kernel = gaussian_kernel(pool.vectors)
    np.fill_diagonal(kernel, 0.0)
    recent = pool.recent
    witness = kernel[:, recent].sum(axis=1) / max(recent.sum() - 1, 1) - kernel[:, ~recent].sum(
        axis=1
    ) / max((~recent).sum(), 1)
    order = np.argsort(-witness, kind="stable")
    return [pool.observations[place] for place in order if recent[place]]
