"""The table and the picture say what was measured, what was lost, and when to doubt it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from evals.benchmarks.standard.record import PartRecord
from evals.benchmarks.standard.report import figure, markdown, picture, times_as_good
from tests.evals.benchmarks.standard.made_records import a_line, a_run

RUN = a_run(
    PartRecord(
        name="speed",
        lines=[
            a_line("no goal", 7, note="a|b"),
            a_line("quick", 3.0, goal="≥ 2.5", met=True, low=2.7, high=3.2),
            a_line("slow", 1.5, goal="≤ 1.1", met=False),
        ],
        busy=["other processes used 40% of the processor"],
        remarks=["txtai: left out"],
    ),
    PartRecord(name="broken", status="failed", reason="ValueError: no"),
)


def test_the_table_has_goals_first_and_every_part() -> None:
    text = markdown(RUN)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[1] for row in rows[2:]] == [
        "quick", "slow", "no goal", "failed: ValueError: no",
    ]  # fmt: skip
    assert "| 3.00 x | 2.70 to 3.20" not in text
    assert "3.00 x | 2.7 to 3.2 | ≥ 2.5 | met" in text
    assert "**missed**" in text
    assert "Made \\| Processor" in text
    assert "a\\|b" in text
    assert "**The machine was busy** during speed" in text
    assert "- speed: txtai: left out" in text
    assert "not complete" not in text
    # As many cells in every row.
    assert {row.replace("\\|", "").count("|") for row in rows} == {8}


def test_a_run_that_was_stopped_says_so() -> None:
    assert "**This run is not complete.**" in markdown(a_run(is_complete=False))


def test_the_picture_has_a_bar_for_each_figure_with_a_goal() -> None:
    drawn = ElementTree.fromstring(picture(RUN))
    bars = [
        one for one in drawn.iter("{http://www.w3.org/2000/svg}rect") if one.get("height") == "14"
    ]
    assert [bar.get("fill") for bar in bars] == ["#2e7d32", "#c62828"]
    middle = float(next(drawn.iter("{http://www.w3.org/2000/svg}line")).get("x1", "0"))
    good, bad = (float(bar.get("x", "0")) for bar in bars)
    assert good == middle
    assert bad < middle
    ElementTree.fromstring(picture(a_run()))


@pytest.mark.parametrize(
    ("value", "goal", "times"),
    [(5, "≥ 2.5", 2), (2.2, "≤ 1.1", 0.5), (0, "≤ 0", None), (0, "≤ 5", None), (1, "0.9 to 1", None), (1, "", None)],
)  # fmt: skip
def test_figures_are_compared_with_their_goals(
    value: float, goal: str, times: float | None
) -> None:
    assert times_as_good(a_line(value=value, goal=goal)) == times


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (0.01234, "0.0123"), (1.5, "1.50"), (12.34, "12.3"), (123456, "123,456"), (-2.5, "-2.50"), (float("nan"), "nan")],
)  # fmt: skip
def test_numbers_have_the_digits_that_count(value: float, said: str) -> None:
    assert figure(value) == said
