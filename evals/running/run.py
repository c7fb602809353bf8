"""A run of a suite: every case's answer and scores, and all that shaped them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from app.answering.answer import Answer
from app.manifest import ShownManifest
from evals.datasets.case import Case, Gold
from evals.datasets.dataset_version import DatasetVersion
from evals.metrics.score import Judge, MetricInfo, Score


class CaseResult(BaseModel):
    """The result of one case.

    Attributes:
        case: the case.
        repeat: 0 for the first time it was asked, 1 for the second, …
        standalone_question: what a follow-up was condensed to.
        answer: the answer with its passages, citations, tokens and timings; None if it failed.
        error: why it failed: type and message.
        relevant_chunks: chunks of the index version that hold a gold label each; per label.
        stale: labels whose words the index version no longer holds; they are not scored.
        scores: by metric; a metric that does not apply to the case has no entry.
        cost: of the answer, in the currency of `prices`; None if unknown.
        judge_cost: of judging it.
        kept: whether answer and scores were there from an earlier run.
    """

    case: Case
    repeat: int = 0
    standalone_question: str | None = None
    answer: Answer | None = None
    error: str | None = None
    relevant_chunks: list[list[str]] = Field(default_factory=list)
    stale: list[Gold] = Field(default_factory=list)
    scores: dict[str, Score] = Field(default_factory=dict)
    cost: float | None = None
    judge_cost: float | None = None
    kept: bool = False


class EvalRun(BaseModel):
    """One system's results on one suite.

    Attributes:
        id: `run_` and a unique suffix; sorts by time.
        at: when it began, UTC.
        seconds: how long it took.
        suite: the suite's name.
        suite_hash: SHA-256 (hex) of all of the suite that shapes results.
        dataset: the dataset's version.
        label: the system's name for people, for example `answer@v2`.
        manifest: all that shaped the answers (of a question that is no follow-up).
        judge: who judged; None if nobody did.
        metrics: what was measured, by name.
        repeats: how often each case was asked.
        results: per case and repeat, in the dataset's order.
    """

    id: str
    at: datetime
    seconds: float
    suite: str
    suite_hash: str
    dataset: DatasetVersion
    label: str
    manifest: ShownManifest
    judge: Judge | None = None
    metrics: dict[str, MetricInfo]
    repeats: int = 1
    results: list[CaseResult]
