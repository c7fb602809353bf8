"""Compare the judge's scores with people's labels."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from scipy.stats import spearmanr

from evals.errors import DatasetError
from evals.metrics.judged_metrics import JudgedMetric, JudgeInput
from evals.metrics.score import Score
from evals.statistics.agreement import Agreement, agreement
from ingestion.sources.validation import explain


class LabelledAnswer(BaseModel):
    """An answer with a person's judgement.

    Attributes:
        id: names it; by default the number of its line.
        question: what was asked.
        answer: what was answered.
        passages: what the answer was written from.
        reference: the right answer, for metrics that compare with one.
        label: the person's judgement, on the metric's own scale from 0 to 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1, coerce_numbers_to_str=True)
    question: str = Field(min_length=1)
    answer: str = Field(min_length=1)
    passages: list[str] = Field(default_factory=list)
    reference: str = ""
    label: float = Field(ge=0, le=1)


def read_labels(file: Path) -> list[LabelledAnswer]:
    """All rows of a file; empty lines are none.

    Raises:
        DatasetError: the file cannot be read, has no row, a line is none, or an id comes twice.
    """
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise DatasetError(f"{file}: cannot be read: {why}.") from error
    rows: dict[str, LabelledAnswer] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = _row(file, number, line)
        if row.id in rows:
            raise DatasetError(f"{file}, line {number}: the id {row.id!r} comes twice.")
        rows[row.id] = row
    if not rows:
        raise DatasetError(
            f'{file}: has no rows; write one JSON object a line: {{"question": …, "answer": …, '
            '"passages": […], "label": 0 or 1}.'
        )
    return list(rows.values())


def _row(file: Path, number: int, line: str) -> LabelledAnswer:
    try:
        found = json.loads(line)
        if not isinstance(found, dict):
            raise DatasetError(f"{file}, line {number}: is not a JSON object.")
        return LabelledAnswer.model_validate({"id": f"line {number}", **found})
    except json.JSONDecodeError as error:
        raise DatasetError(
            f"{file}, line {number}: is not JSON: {error.msg} at column {error.colno}."
        ) from error
    except ValidationError as error:
        explanation = explain(error, {(): LabelledAnswer})
        raise DatasetError(f"{file}, line {number}: {explanation}.") from error


MAX_LISTED = 5


@dataclass(frozen=True)
class JudgedRow:
    """A row as both see it.

    Attributes:
        row: what the person said.
        score: what the judge said.
    """

    row: LabelledAnswer
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
    worst: list[JudgedRow]
    missing: list[JudgedRow]


def judge_rows(
    rows: Sequence[LabelledAnswer],
    metric: JudgedMetric,
    embed: Callable[[list[str]], NDArray[np.floating[Any]]],
    concurrency: int,
    on_row: Callable[[], None] = lambda: None,
) -> list[JudgedRow]:
    """The judge's score of each row.

    Args:
        rows: what people judged.
        metric: what the judge is asked for.
        embed: see `EvalContext.embed`.
        concurrency: rows at a time.
        on_row: called after each row.

    Raises:
        JudgeError: the judge is unavailable.
    """

    def compared(row: LabelledAnswer) -> JudgedRow:
        shown = JudgeInput(row.question, row.answer, embed, row.passages, row.reference)
        score = metric.score_input(shown)
        on_row()
        return JudgedRow(row, score)

    with ThreadPoolExecutor(concurrency) as pool:
        return list(pool.map(compared, rows))


def calibration_of(compared: Sequence[JudgedRow], threshold: float) -> Calibration:
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
        worst=worst[:MAX_LISTED],
        missing=missing,
    )


def _rank_correlation(labels: list[float], scores: list[float]) -> float | None:
    if len(set(labels)) < 2 or len(set(scores)) < 2:
        return None
    return float(spearmanr(labels, scores).statistic)
