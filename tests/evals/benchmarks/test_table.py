"""What is measured is kept as it was shown, numpy's numbers too."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from evals.benchmarks import table
from evals.benchmarks.faults.questions import REPEATED, REWORDED, TALKED, pool_of


def test_numbers_of_numpy_are_kept(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(table, "RESULTS", tmp_path)
    result = table.Result("speed", "Speed")
    result.add("p50", np.float64(1.5), "ms", at_most=2)
    result.add("share", np.float64(0.5), "x", at_least=1)
    result.add_between("coverage", np.float64(0.95), "", 0.93, 0.97)
    result.save()
    rows = json.loads((tmp_path / "speed.json").read_text())["rows"]
    assert [(row["value"], row["met"]) for row in rows] == [(1.5, True), (0.5, False), (0.95, True)]


def test_questions_that_differ_in_articles_are_one() -> None:
    first = REPEATED + REWORDED + TALKED
    many = [f"What is number {n}?" for n in range(first)]
    pool = pool_of(
        [*many, "What flows between the Bingen and Bonn?", "what flows between Bingen and Bonn?"]
    )
    assert pool.new == ["What flows between the Bingen and Bonn?"]
