"""The made-up runs, with the verdict of the real gate."""

from __future__ import annotations

import pytest

from evals.gate.decide import decide
from evals.gate.verdict import Verdict
from evals.running.run import EvalRun
from tests.evals.reports.made_runs import BASELINE, CANDIDATE, RULES, made_run


@pytest.fixture(scope="session")
def runs() -> tuple[EvalRun, EvalRun]:
    """The baseline, and a candidate that is worse."""
    return made_run(BASELINE), made_run(CANDIDATE)


@pytest.fixture(scope="session")
def verdict(runs: tuple[EvalRun, EvalRun]) -> Verdict:
    """What the gate says of them."""
    return decide(*runs, RULES)
