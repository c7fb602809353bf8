"""The figures that are kept beside a run, for who shows these alone."""

from __future__ import annotations

from pathlib import Path

from app.evaluations.results import EvaluationResults
from evals.running.run_store import RunStore
from evals.running.summary import summarise_run
from tests.evals.tracking.runs import full_run


def test_the_figures_of_a_run_are_those_of_its_summary(tmp_path: Path) -> None:
    run = full_run()
    RunStore(tmp_path).save(run)
    found = EvaluationResults(tmp_path).newest(10)
    assert found.unreadable == []
    assert found.without_figures == 0
    (figures,) = found.runs
    assert (figures.id, figures.at, figures.suite) == (run.id, run.at, run.suite)
    assert (figures.prompt, figures.model) == (run.manifest.prompt, run.manifest.chat_model)
    summary = summarise_run(run)
    assert [(one.name, one.mean, one.interval) for one in figures.metrics] == [
        (one.info.name, one.mean, one.interval) for one in summary.metrics
    ]
    # A run of an older version has none, and is counted.
    (tmp_path / "runs" / "run_2025.json").write_text("{}")
    assert EvaluationResults(tmp_path).newest(10).without_figures == 1
