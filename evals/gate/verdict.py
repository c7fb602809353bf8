"""The gate's verdict: the model of a verdict and its comparisons."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from evals.metrics.score import MetricInfo

Outcome = Literal["no worse", "worse", "undecided", "below floor", "too few"]


class Comparison(BaseModel):
    """One metric, over all questions or those of one slice.

    Attributes:
        metric: its name.
        slice: the tag; None for all questions.
        cases: questions that both have a value for.
        clusters: groups of questions that share a document; what is resampled.
        missing: questions that one or both should have a value for and do not.
        unpaired: questions that the metric applies to in one of the two runs only; left out.
        baseline: the baseline's mean over `cases`.
        candidate: the candidate's.
        baseline_interval: 95 % interval of that mean.
        candidate_interval: likewise.
        difference: the candidate's mean minus the baseline's; negative is not always worse, see
            `better`.
        interval: 95 % interval of the difference.
        better: which way is better.
        margin: by how much the candidate may be worse.
        floor: what the candidate must reach; None for none.
        p_value: of the hypothesis that the candidate is worse by the margin or more. The outcome
            `no worse` is where it is under alpha.
        p_adjusted: the same, corrected for the number of comparisons (Holm), for who wants to claim
            this of single metrics.
        p_worse: of the hypothesis that the candidate is no worse at all: small means that it is.
        p_worse_adjusted: the same, corrected by Holm. The outcome `worse` is where it is under alpha.
        detectable: the smallest loss that this many questions show with the wanted power; None if
            they show none that there can be.
        questions_needed: how many it would take to show that no more than the margin is lost, where
            these are too few.
        wins, losses, ties: questions that the candidate does better, worse, the same.
        outcome: what follows for this comparison.
        gates: whether the verdict depends on it.
        fails: whether it stops the candidate.
        reason: the same in a sentence.
    """

    model_config = ConfigDict(frozen=True)

    metric: str
    slice: str | None = None
    cases: int
    clusters: int
    missing: int
    unpaired: int = 0
    baseline: float | None
    candidate: float | None
    baseline_interval: tuple[float, float] | None = None
    candidate_interval: tuple[float, float] | None = None
    difference: float | None
    interval: tuple[float, float] | None = None
    better: Literal["higher", "lower"]
    margin: float | None = None
    floor: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    p_worse: float | None = None
    p_worse_adjusted: float | None = None
    detectable: float | None = None
    questions_needed: int | None = None
    wins: int = 0
    losses: int = 0
    ties: int = 0
    outcome: Outcome
    gates: bool = True
    fails: bool = False
    reason: str


class Verdict(BaseModel):
    """Whether the candidate may replace the baseline.

    Attributes:
        id: `vd_` and a unique suffix; sorts by time.
        passes: whether it may.
        sentence: why, in one sentence that takes no statistics to read.
        at: when this was found, UTC.
        suite, suite_hash, dataset_hash: what both ran.
        baseline_run, candidate_run: ids of the two runs.
        baseline_manifest, candidate_manifest: ids of the manifests they stand for.
        baseline_label, candidate_label: their names for people.
        alpha: the chance, at most, of letting a worse one through.
        questions_needed: how many questions it would take if there are too few; else None.
        noise_share: by metric, the share of the variance of single scores that comes from asking
            again; only where cases were repeated.
        metrics: what was measured, by name.
        comparisons: those that gate first.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    passes: bool
    sentence: str
    at: datetime
    suite: str
    suite_hash: str
    dataset_hash: str
    baseline_run: str
    candidate_run: str
    baseline_manifest: str
    candidate_manifest: str
    baseline_label: str
    candidate_label: str
    alpha: float
    questions_needed: int | None = None
    noise_share: dict[str, float] = Field(default_factory=dict)
    metrics: dict[str, MetricInfo] = Field(default_factory=dict)
    comparisons: list[Comparison]
