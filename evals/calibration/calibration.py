"""Have the judge judge what people judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from evals.calibration.agreement import Agreement, agreement
from evals.calibration.labels import Labelled
from evals.errors import DatasetError
from evals.metrics.evidence import Evidence
from evals.metrics.judgements import JudgedMetric
from evals.runs.run import Score

MOST_SHOWN = 5


@dataclass(frozen=True)
class Compared:
    """A row as both see it.

    Attributes:
        row: what the person said.
        score: what the judge said.
    """

    row: Labelled
    score: Score

    @property
    def apart(self) -> float:
        """How far apart they are."""
        return 0.0 if self.score.value is None else abs(self.score.value - self.row.label)


@dataclass(frozen=True)
class Calibration:
    """What comparing found.

    Attributes:
        threshold: from where on a label and a score count as yes.
        agreement: person and judge as yes and no, the person first.
        mean_distance: mean of how far apart they are.
        rank_correlation: Spearman's, where labels and scores have more than one value each.
        worst: rows on which they are furthest apart, the worst first.
        missing: rows that the judge gave no score.
    """

    threshold: float
    agreement: Agreement
    mean_distance: float
    rank_correlation: float | None
    worst: list[Compared]
    missing: list[Compared]


def judge_rows(
    rows: Sequence[Labelled],
    metric: JudgedMetric,
    embed: Callable[[list[str]], NDArray[np.floating[Any]]],
    concurrency: int,
    on_row: Callable[[], None] = lambda: None,
) -> list[Compared]:
    """The judge's score of each row.

    Args:
        rows: what people judged.
        metric: what the judge is asked for.
        embed: see `Judged.embed`.
        concurrency: rows at a time.
        on_row: told of each row that is done.

    Raises:
        JudgeError: the judge cannot be had.
    """

    def compared(row: Labelled) -> Compared:
        shown = Evidence(row.question, row.answer, embed, row.passages, row.reference)
        score = metric.judged(shown)
        on_row()
        return Compared(row, score)

    with ThreadPoolExecutor(concurrency) as pool:
        return list(pool.map(compared, rows))


def calibration(compared: Sequence[Compared], threshold: float) -> Calibration:
    """Compare judge and people.

    Raises:
        DatasetError: the judge gave no row a score.
    """
    scored = [one for one in compared if one.score.value is not None]
    missing = [one for one in compared if one.score.value is None]
    if not scored:
        raise DatasetError(
            f"the judge gave none of {len(compared)} rows a score: {missing[0].score.missing}."
        )
    labels = [one.row.label for one in scored]
    scores = [one.score.value or 0.0 for one in scored]
    worst = sorted((one for one in scored if one.apart > 0), key=lambda one: -one.apart)
    return Calibration(
        threshold=threshold,
        agreement=agreement([x >= threshold for x in labels], [x >= threshold for x in scores]),
        mean_distance=float(np.mean([one.apart for one in scored])),
        rank_correlation=_rank_correlation(labels, scores),
        worst=worst[:MOST_SHOWN],
        missing=missing,
    )


def _rank_correlation(labels: list[float], scores: list[float]) -> float | None:
    if len(set(labels)) < 2 or len(set(scores)) < 2:
        return None
    return float(spearmanr(labels, scores).statistic)
