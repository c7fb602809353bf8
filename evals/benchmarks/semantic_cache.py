"""Does the semantic cache serve the right answers, and how often?

Two questions that ask the same should share an answer (hits); two that do not must not (false hits).
On pairs written for it, and on xquad's questions, where every pair asks something else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.cache.same_question.comparison import difference
from app.settings.cache import CacheSettings
from evals.benchmarks.data import ROOT, questions, read_jsonl
from evals.benchmarks.table import Result
from evals.statistics.wilson import wilson
from ingestion.embedding.embedder import Embedder

PAIRS = ROOT / "evals" / "datasets" / "semantic_cache" / "pairs.jsonl"
COSINES = (0.80, 0.85, 0.90, 0.95, 0.98)
STRANGERS = 100_000
NEIGHBOURS = 40
SEED = 7
Row = dict[str, Any]


def run(embedder: Embedder) -> Result:
    """Hits and false hits with the gate, and with cosine similarity alone."""
    result = Result("semantic_cache", "Semantic cache: who is served another question's answer?")
    threshold = CacheSettings().semantic_threshold
    rows = read_jsonl(PAIRS)
    firsts = embedder.embed_queries([row["first"] for row in rows])
    seconds = embedder.embed_queries([row["second"] for row in rows])
    for row, likeness in zip(rows, np.sum(firsts * seconds, axis=1), strict=True):
        row["cosine"] = float(likeness)
    for split in ("dev", "test"):
        of = [row for row in rows if row["split"] == split]
        _share(result, f"{split}: paraphrases served", _same(of), _gated(threshold), at_least=0.4)
        _share(
            result, f"{split}: near misses served", _different(of), _gated(threshold), at_most=0.005
        )
    for kind in sorted({row["kind"] for row in _same(rows)}):
        of = [row for row in _same(rows) if row["kind"] == kind]
        _share(result, f"paraphrases served, {kind}", of, _gated(threshold))
    for cosine in COSINES:
        alone = f"cosine alone, {cosine:.2f}"
        _share(result, f"{alone}: paraphrases served", _same(rows), _near(cosine))
        _share(result, f"{alone}: near misses served", _different(rows), _near(cosine))
    _strangers(result, embedder, threshold)
    return result


def _share(
    result: Result, what: str, rows: Sequence[Row], served: Callable[[Row], bool], **goal: Any
) -> None:
    count = sum(served(row) for row in rows)
    low, high = wilson(count, len(rows))
    note = f"{count} of {len(rows)}; 95 %: {low:.5f} to {high:.5f}"
    result.add(what, count / len(rows), "share", note=note, **goal)


def _same(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["same"]]


def _different(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if not row["same"]]


def _gated(threshold: float) -> Callable[[Row], bool]:
    return lambda row: (
        row["cosine"] >= threshold and difference(row["first"], row["second"]) is None
    )


def _near(cosine: float) -> Callable[[Row], bool]:
    return lambda row: row["cosine"] >= cosine


def _strangers(result: Result, embedder: Embedder, threshold: float) -> None:
    """Pairs of questions with other answers: each one's nearest, and others by chance."""
    asked = questions("xquad")
    vectors = embedder.embed_queries([question.text for question in asked])
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -1)
    golden = [{answer.casefold() for answer in question.answers} for question in asked]
    pairs, verbatim = [], 0
    for one, two in _pairs(likeness):
        if golden[one] & golden[two]:
            continue
        if asked[one].text.split() == asked[two].text.split():
            verbatim += 1
            continue
        pairs.append((one, two))
    rows = [
        {"first": asked[one].text, "second": asked[two].text, "cosine": float(likeness[one, two])}
        for one, two in pairs[:STRANGERS]
    ]
    _share(result, "xquad: other questions served", rows, _gated(threshold), at_most=0.0)
    _share(result, "the same without the cosine bound", rows, _gated(-1.0), at_most=0.0)
    for cosine in COSINES:
        _share(result, f"cosine alone, {cosine:.2f}: other questions served", rows, _near(cosine))
    result.add(
        "left out: the same words, asked of two passages", verbatim, "pairs", note="an exact hit"
    )


def _pairs(likeness: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Nearest neighbours first, then pairs by chance, each pair once."""
    nearest = np.argsort(-likeness, axis=1)[:, :NEIGHBOURS]
    found = dict.fromkeys(
        (min(one, int(two)), max(one, int(two))) for one, row in enumerate(nearest) for two in row
    )
    chance = np.random.default_rng(SEED).integers(0, len(likeness), (2 * STRANGERS, 2))
    found |= dict.fromkeys((int(min(p)), int(max(p))) for p in chance if p[0] != p[1])
    return list(found)
