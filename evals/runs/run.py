"""A run of a suite: every case's answer and scores, and all that shaped them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.answering.answer import Answer
from app.manifest import ShownManifest
from evals.cases.case import Case, Gold


class Score(BaseModel):
    """One metric's value for one case.

    Attributes:
        value: the value; None where there is none, which is counted and never averaged.
        missing: why there is none.
        cost: what judging it cost now, in the currency of the judge's prices; None where nobody was
            asked, no price is set, or the judge counts no tokens.
        passing: whether what it is missing for may pass, so that the next run tries it again.
    """

    model_config = ConfigDict(frozen=True)

    value: float | None
    missing: str | None = None
    cost: float | None = None
    passing: bool = False


class MetricInfo(BaseModel):
    """What a metric is.

    Attributes:
        name: as suites write it, for example `recall@5`.
        description: what a value says, in a sentence.
        better: which way is better.
        yes_no: whether each value is 0 or 1.
        judged: whether a chat model judges.
        unit: `share` (0 to 1), `ms`, `tokens`, `cost`, …
    """

    model_config = ConfigDict(frozen=True)

    name: str
    description: str
    better: Literal["higher", "lower"] = "higher"
    yes_no: bool = False
    judged: bool = False
    unit: str = "share"


class Judge(BaseModel):
    """Who judged; two runs under different judges are never compared.

    Attributes:
        model: the chat model, as provider:model.
        parameters: it was called with.
        ragas_version: whose prompts it was given.
        prompts_hash: SHA-256 (hex) of those prompts.
    """

    model_config = ConfigDict(frozen=True)

    model: str
    parameters: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    ragas_version: str
    prompts_hash: str


class DatasetVersion(BaseModel):
    """A dataset's content, by name and hash.

    Attributes:
        name: the file's or folder's name.
        hash: SHA-256 (hex) of its cases, whatever their order or spacing.
        cases: how many.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    hash: str
    cases: int


class CaseResult(BaseModel):
    """What became of one case.

    Attributes:
        case: the case.
        repeat: 0 for the first time it was asked, 1 for the second, …
        standalone_question: what a follow-up was condensed to.
        answer: the answer with its passages, citations, tokens and timings; None where it failed.
        error: why it failed: type and message.
        relevant_chunks: chunks of the index version that hold a gold label each; per label.
        stale: labels whose words the index version no longer holds; they are not scored.
        scores: by metric; a metric that does not apply to the case has no entry.
        cost: of the answer, in the currency of `prices`; None where it cannot be told.
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
        id: `run_` and letters that nobody else has; sorts by time.
        at: when it began, UTC.
        seconds: how long it took.
        suite: the suite's name.
        suite_hash: SHA-256 (hex) of all of the suite that shapes results.
        dataset: the dataset's version.
        label: the system's name for people, for example `answer@v2`.
        manifest: all that shaped the answers (of a question that is no follow-up).
        judge: who judged; None where nobody did.
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
