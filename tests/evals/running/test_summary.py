"""A run's figures, against values worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.answering.answer import Answer, CitationCheck
from app.manifest import Manifest, RetrievalManifest
from evals.cases.case import Case, Gold
from evals.metrics.proportion import wilson
from evals.running.summary import summarised
from evals.runs.run import CaseResult, DatasetVersion, EvalRun, MetricInfo, Score

MANIFEST = Manifest(
    document_set="s", index_version="1-a", embedding_model="m", embedding_hash="h",
    prompt="answer@v1", prompt_hash="p", chat_model="c", chat_parameters={},
    retrieval=RetrievalManifest(fusion="f", passages=6, depth=100),
)  # fmt: skip
ANSWER = Answer(
    answer="a", refused=False, citations=[], passages=[], citation_check=CitationCheck(),
    manifest=MANIFEST, prompt_version="answer@v1", index_version="1-a", model="c", timings_ms={},
)  # fmt: skip
GONE = Gold(document="d", quote="q")


def result(
    case: str, repeat: int = 0, cost: float | None = 0.5, **scores: float | None
) -> CaseResult:
    return CaseResult(
        case=Case(id=case, question="x?"),
        repeat=repeat,
        answer=ANSWER,
        cost=cost,
        scores={name: Score(value=value) for name, value in scores.items()},
    )


def run_of(*results: CaseResult) -> EvalRun:
    return EvalRun(
        id="run_1", at=datetime.now(UTC), seconds=1.0, suite="s", suite_hash="h",
        dataset=DatasetVersion(name="d", hash="h", cases=3), label="x", manifest=MANIFEST,
        metrics={
            "hit": MetricInfo(name="hit", description="", yes_no=True),
            "share": MetricInfo(name="share", description=""),
            "time": MetricInfo(name="time", description="", unit="ms", better="lower"),
        },
        results=list(results),
    )  # fmt: skip


def test_means_are_over_cases_and_what_is_missing_is_counted() -> None:
    stale = result("e", hit=None).model_copy(update={"stale": [GONE]})
    failed = CaseResult(case=Case(id="f", question="x?"), error="X: y")
    summary = summarised(
        run_of(
            result("a", 0, hit=1.0, share=0.2, time=100.0),
            result("a", 1, hit=1.0, share=0.4, time=300.0),
            result("b", hit=0.0, share=0.9),
            result("c", hit=1.0, share=None),
            stale,
            failed,
        )
    )
    hit, share, time = summary.metrics
    assert (hit.cases, hit.missing, hit.mean) == (3, 0, pytest.approx(2 / 3))
    assert hit.interval == wilson(2, 3)
    # cases a (0.3) and b (0.9): standard deviation 0.3 * sqrt(2), standard error 0.3
    assert (share.cases, share.missing, share.mean) == (2, 1, pytest.approx(0.6))
    assert share.interval == pytest.approx((0.6 - 1.959964 * 0.3, 1.0))
    assert (time.mean, time.interval) == (200.0, None)
    assert (summary.answers, summary.failed, summary.stale) == (6, 1, 1)
    assert summary.cost == pytest.approx(2.5)


def test_a_cost_that_is_not_known_makes_the_sum_unknown() -> None:
    assert summarised(run_of(result("a"), result("b", cost=None))).cost is None
