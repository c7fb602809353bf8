"""`plumb eval report`, as it is called."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import plumb
from evals.errors import EvalError, NotComparable, UnknownRun
from evals.gate.decide import decide
from evals.gate.verdict_store import VerdictStore
from evals.running.run import EvalRun
from evals.running.run_store import RunStore
from tests.evals.reports.made_runs import BASELINE, CANDIDATE, RULES, made_run


@pytest.fixture
def runs(tmp_path: Path) -> tuple[EvalRun, EvalRun]:
    """Two runs, kept."""
    runs = made_run(BASELINE, 20), made_run(CANDIDATE, 20)
    for run in runs:
        RunStore(tmp_path / "kept").save(run)
    return runs


def _report(tmp_path: Path, *arguments: str) -> str:
    where = f"evals.folder={tmp_path / 'kept'}"
    result = CliRunner().invoke(plumb.app, ["eval", "report", *arguments, "-S", where])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout.replace("\n", "")


def test_a_single_run_goes_where_reports_are_kept(
    tmp_path: Path, runs: tuple[EvalRun, EvalRun]
) -> None:
    found = Path(_report(tmp_path, "run_made2"))
    assert found == tmp_path / "kept" / "reports" / "run_made2.html"
    assert "This is a single run" in found.read_text("utf-8")


def test_with_a_baseline_it_has_the_last_verdict_on_these_two(
    tmp_path: Path, runs: tuple[EvalRun, EvalRun]
) -> None:
    file = tmp_path / "new" / "report.html"
    arguments = ("run_made2", "--baseline", "run_made1", "-o", str(file))
    _report(tmp_path, *arguments)
    assert "No gate has judged these two runs" in file.read_text("utf-8")
    kept = VerdictStore(tmp_path / "kept")
    kept.save(decide(*runs, RULES).model_copy(update={"sentence": "An earlier one."}))
    verdict = decide(*runs, RULES)
    kept.save(verdict)
    kept.save(decide(runs[1], runs[0], RULES).model_copy(update={"sentence": "The other way."}))
    _report(tmp_path, *arguments)
    text = file.read_text("utf-8")
    assert verdict.id in text
    assert "An earlier one." not in text
    assert "The other way." not in text
    assert [left.name for left in file.parent.iterdir()] == ["report.html"]


def test_a_verdict_that_cannot_be_read_is_reported_and_passed_over(
    tmp_path: Path, runs: tuple[EvalRun, EvalRun]
) -> None:
    file = VerdictStore(tmp_path / "kept").save(decide(*runs, RULES))
    file.write_text("{")
    found = _report(tmp_path, "run_made2", "--baseline", "run_made1")
    assert "No gate has judged" in Path(found.split("left out")[0]).read_text("utf-8")


def test_what_cannot_be_is_reported_in_a_line(
    tmp_path: Path, runs: tuple[EvalRun, EvalRun]
) -> None:
    with pytest.raises(UnknownRun, match="has no run 'run_gone'"):
        _report(tmp_path, "run_gone")
    other = runs[0].model_copy(update={"id": "run_other", "suite_hash": "another"})
    RunStore(tmp_path / "kept").save(other)
    with pytest.raises(NotComparable, match="run_other and run_made2 cannot be compared"):
        _report(tmp_path, "run_made2", "--baseline", "run_other")
    (tmp_path / "file").touch()
    with pytest.raises(EvalError, match=r"file/report\.html: cannot be written"):
        _report(tmp_path, "run_made2", "-o", str(tmp_path / "file" / "report.html"))
