"""A run's figures, against values worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.answering.answer import Answer, CitationCheck
from app.manifest import Manifest, RetrievalManifest
from evals.datasets.case import Case, Gold
from evals.datasets.dataset_version import DatasetVersion
from evals.metrics.score import MetricInfo, Score
from evals.running.run import CaseResult, EvalRun
from evals.running.summary import summarise_run

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
    summary = summarise_run(
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
    assert (share.cases, share.missing, share.mean) == (2, 1, pytest.approx(0.6))
    # Of so few independent cases next to nothing is known.
    assert hit.interval == share.interval == (0.0, 1.0)
    assert (time.mean, time.interval) == (200.0, None)
    assert (summary.answers, summary.failed, summary.stale) == (6, 1, 1)
    assert summary.cost == pytest.approx(2.5)


def test_questions_about_one_document_are_not_as_many_as_they_look() -> None:
    values = [float(number % 3 > 0) for number in range(30) for _ in range(4)]

    def interval(shared: str) -> tuple[float, float]:
        results = [
            result(f"q{number}", hit=value).model_copy(
                update={
                    "case": Case(
                        id=f"q{number}", question="x?", cluster=shared.format(number, number // 4)
                    )
                }
            )
            for number, value in enumerate(values)
        ]
        (hit, *_) = summarise_run(run_of(*results)).metrics
        assert hit.interval is not None
        assert hit.mean == pytest.approx(2 / 3)
        return hit.interval

    alone, together = interval("{0}"), interval("{1}")
    # Four equal answers of a document are worth one: the interval is twice as wide.
    ratio = (together[1] - together[0]) / (alone[1] - alone[0])
    assert 1.7 < ratio < 2.6


def test_a_cost_that_is_not_known_makes_the_sum_unknown() -> None:
    assert summarise_run(run_of(result("a"), result("b", cost=None))).cost is None
