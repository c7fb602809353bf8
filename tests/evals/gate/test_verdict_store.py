from __future__ import annotations

from pathlib import Path

import pytest

from evals.datasets.suite import GateRules, MetricRule
from evals.errors import EvalError
from evals.gate.decide import decide
from evals.gate.verdict import Verdict
from evals.gate.verdict_store import VerdictStore
from tests.evals.gate.made_runs import made_run


@pytest.fixture
def verdict() -> Verdict:
    one = made_run({"correct": [1.0, 0.0] * 50})
    return decide(one, one, GateRules(metrics={"correct": MetricRule(margin=0.05)}, resamples=200))


def test_a_verdict_comes_back_as_it_was(verdict: Verdict, tmp_path: Path) -> None:
    folder = VerdictStore(tmp_path)
    file = folder.save(verdict)
    assert file.parent == tmp_path / "verdicts"
    assert folder.files() == [file]
    assert folder.load(file) == verdict
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_files_are_listed_by_time(verdict: Verdict, tmp_path: Path) -> None:
    folder = VerdictStore(tmp_path)
    later = verdict.model_copy(
        update={"at": verdict.at.replace(year=verdict.at.year + 1), "id": "vd_0"}
    )
    files = [folder.save(later), folder.save(verdict)]
    assert folder.files() == files[::-1]


def test_a_folder_that_cannot_be_written_is_reported(verdict: Verdict, tmp_path: Path) -> None:
    (tmp_path / "verdicts").write_text("in the way")
    with pytest.raises(EvalError, match="cannot be written"):
        VerdictStore(tmp_path).save(verdict)


def test_a_file_that_is_no_verdict_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("{}")
    with pytest.raises(EvalError, match="cannot be read as a verdict"):
        VerdictStore(tmp_path).load(file)
