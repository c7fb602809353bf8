"""Two machines' files side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.speed.machine import Machine
from evals.benchmarks.__main__ import main
from evals.benchmarks.standard.comparison import comparison, difference
from evals.benchmarks.standard.record import PartRecord
from tests.evals.benchmarks.standard.made_records import a_line, a_run

OLD = a_run(
    PartRecord(
        name="speed",
        lines=[
            a_line("both", 2.0, goal="≥ 2.5", met=False, low=1.8, high=2.2),
            a_line("old alone", 1.0),
            a_line("same name", 10, unit="ms p50"),
            a_line("same name", 30, unit="ms p95"),
        ],
    )
)
NEW = a_run(
    PartRecord(
        name="speed",
        lines=[
            a_line("both", 3.0, goal="≥ 2.5", met=True, low=2.8, high=3.2),
            a_line("same name", 5, unit="ms p50"),
            a_line("same name", 60, unit="ms p95"),
            a_line("new alone", 1.0),
        ],
        busy=["others"],
    ),
    PartRecord(name="scale", status="no time", reason="-"),
    commit="def",
    machine=Machine(processor="Newer", cores=8, versions={"torch": "2.14.0", "openvino": "2026.3"}),
)


def test_figures_stand_beside_each_other_with_their_ratio() -> None:
    text = comparison(OLD, NEW)
    assert (
        "| speed | both | 2.00 x (1.8 to 2.2) | 3.00 x (2.8 to 3.2) | 1.50 | differs | ≥ 2.5 | missed | met |"
        in text
    )
    assert "| speed | same name | 10.0 ms p50 | 5.00 ms p50 | 0.500 |" in text
    assert "| speed | same name | 30.0 ms p95 | 60.0 ms p95 | 2.00 |" in text
    assert "| speed | old alone | 1.00 x | – |  | only in A |" in text
    assert "| speed | new alone | – | 1.00 x |  | only in B |" in text


def test_what_makes_figures_incomparable_is_said() -> None:
    text = comparison(OLD, NEW)
    assert "openvino – and 2026.3, torch 2.13.0 and 2.14.0" in text
    assert "The code differs: abc and def." in text
    assert "B was busy during speed" in text
    assert "B lacks scale (no time)" in text
    assert "A lacks" not in text
    assert "Newer, 8 cores" in text


def test_a_run_compared_with_itself_differs_in_nothing() -> None:
    text = comparison(OLD, OLD)
    assert "differs" not in text.replace("The code differs", "")
    assert "| within the spread |" in text


@pytest.mark.parametrize(
    ("low", "high", "said"), [(2.1, 2.5, "within the spread"), (2.3, 2.5, "differs")]
)
def test_figures_differ_where_their_spreads_do_not_meet(low: float, high: float, said: str) -> None:
    assert difference(a_line(low=1.8, high=2.2), a_line(low=low, high=high)) == said
    assert difference(a_line(low=1.8, high=2.2), a_line()) == ""


def test_the_command_compares_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, run in (("a", OLD), ("b", NEW)):
        run.write(tmp_path / f"{name}.json")
    assert main(["compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")]) == 0
    assert "# Two runs compared" in capsys.readouterr().out
    assert main(["compare", str(tmp_path / "a.json"), str(tmp_path / "none.json")]) == 2
    assert "none.json: cannot be read" in capsys.readouterr().out.replace("\n", "")
    assert main(["compare", str(tmp_path / "a.json")]) == 2
    assert "two files" in capsys.readouterr().out
