"""Runs made up of scores, for tests of what is done with runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.answering.answer import Answer, CitationCheck
from app.manifest import Manifest, RetrievalManifest
from evals.datasets.case import Case
from evals.datasets.dataset_version import DatasetVersion
from evals.metrics.score import MetricInfo, Score
from evals.running.run import CaseResult, EvalRun

METRICS = {
    "correct": MetricInfo(name="correct", description="Right.", yes_no=True),
    "recall@5": MetricInfo(name="recall@5", description="Found."),
    "latency": MetricInfo(name="latency", description="Time.", better="lower", unit="ms"),
}


def manifest(prompt: str) -> Manifest:
    """A manifest that differs by its prompt only."""
    return Manifest(
        document_set="handbook",
        index_version="1 (abc)",
        embedding_model="m",
        embedding_hash="0",
        prompt=prompt,
        prompt_hash=prompt,
        chat_model="extractive",
        chat_parameters={},
        retrieval=RetrievalManifest(fusion="f", passages=6, depth=100),
    )


def made_run(
    scores: Mapping[str, Sequence[Any]],
    prompt: str = "answer@v1",
    clusters: Sequence[str] | None = None,
    tags: Mapping[int, Sequence[str]] | None = None,
    failed: Sequence[int] = (),
    **more: Any,
) -> EvalRun:
    """A run with these scores.

    Args:
        scores: by metric, a value per case; a list of values is one per repeat. None is a score that
            could not be had, `...` one that does not apply.
        prompt: what was run.
        clusters: of each case; by default each is its own.
        tags: by the case's number.
        failed: numbers of cases whose answer failed.
        more: other fields of the run.
    """
    count = len(next(iter(scores.values())))
    results = []
    for number in range(count):
        case = Case(
            id=f"q{number:04d}",
            question=f"Question {number}?",
            cluster=clusters[number] if clusters else None,
            tags=tuple((tags or {}).get(number, ())),
        )
        columns = {name: _listed(values[number]) for name, values in scores.items()}
        for repeat in range(max(map(len, columns.values()))):
            results.append(
                CaseResult(
                    case=case,
                    repeat=repeat,
                    answer=None if number in failed else _answer(prompt),
                    error="ModelError: no" if number in failed else None,
                    scores={} if number in failed else _scores(columns, repeat),
                )
            )
    fields = {
        "id": f"run_{prompt}",
        "at": datetime(2026, 11, 26, tzinfo=UTC),
        "seconds": 1.0,
        "suite": "handbook",
        "suite_hash": "s" * 64,
        "dataset": DatasetVersion(name="handbook.jsonl", hash="d" * 64, cases=count),
        "label": prompt,
        "manifest": manifest(prompt),
        "metrics": {
            name: METRICS.get(name, MetricInfo(name=name, description="")) for name in scores
        },
        "results": results,
    }
    return EvalRun(**{**fields, **more})


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _scores(columns: Mapping[str, list[Any]], repeat: int) -> dict[str, Score]:
    return {
        name: Score(
            value=values[repeat], missing="nothing came" if values[repeat] is None else None
        )
        for name, values in columns.items()
        if repeat < len(values) and values[repeat] is not ...
    }


def _answer(prompt: str) -> Answer:
    return Answer(
        answer="Yes [1].",
        refused=False,
        citations=[],
        passages=[],
        citation_check=CitationCheck(),
        manifest=manifest(prompt),
        prompt_version=prompt,
        index_version="1",
        model="extractive",
        timings_ms={},
    )
