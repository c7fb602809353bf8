"""Runs to tell trackers of: with passages, tokens, missing and stale values, failures."""

from __future__ import annotations

from typing import Any

from app.answering.answer import Citation, Passage, StageScores, Usage
from evals.datasets.case import Gold
from evals.running.run import EvalRun
from tests.evals.gate.made_runs import made_run

SECRET = "The vault opens at nine."


def full_run(prompt: str = "answer@v1", **more: Any) -> EvalRun:
    """Four questions: right, wrong, one score missing, one failed; the first has a stale label."""
    run = made_run(
        {"correct": [1.0, 0.0, 1.0, 1.0], "recall@5": [0.5, 1.0, None, 1.0],
         "latency": [120.0, 80.0, 95.0, 70.0]},
        prompt=prompt,
        failed=[3],
        **more,
    )  # fmt: skip
    first = run.results[0]
    assert first.answer is not None
    answer = first.answer.model_copy(
        update={
            "answer": f"It says: {SECRET} [1]",
            "passages": [_passage()],
            "citations": [_citation()],
            "usage": Usage(input_tokens=210, output_tokens=12),
            "timings_ms": {"total": 120.5},
        }
    )
    stale = [Gold(document="depot.md", quote="gone words")]
    case = first.case.model_copy(update={"answer": SECRET, "tags": ("tables",)})
    run.results[0] = first.model_copy(update={"answer": answer, "stale": stale, "case": case})
    run.results[:3] = [result.model_copy(update={"cost": 0.25}) for result in run.results[:3]]
    return run


def _passage() -> Passage:
    return Passage(
        chunk_id="c1", document="depot.md", title="Depots", heading_path=["Hours"], page=None,
        start=0, end=len(SECRET), text=SECRET, context="", score=0.9,
        scores=StageScores(fused=0.9), metadata={}, source="depot.md",
    )  # fmt: skip


def _citation() -> Citation:
    return Citation(
        marker=1, document="depot.md", title="Depots", source="depot.md", heading_path=["Hours"],
        page=None, start=0, end=len(SECRET), text=SECRET, quoted=True, chunk_id="c1",
    )  # fmt: skip
