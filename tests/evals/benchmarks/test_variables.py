"""The variables by which benchmarks are made smaller or larger."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import evals.benchmarks
from app.settings.tree import load_settings

VARIABLE = re.compile(r"PLUMB_BENCH_[A-Z]+")
FILES = Path(evals.benchmarks.__file__).parent.rglob("*.py")
READ = sorted({name for file in FILES for name in VARIABLE.findall(file.read_text("utf-8"))})


@pytest.mark.parametrize("variable", READ)
def test_a_service_that_a_benchmark_starts_accepts_its_variable(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "10")
    assert load_settings().index.url
