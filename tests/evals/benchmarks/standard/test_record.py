"""A record is kept whole, read again as it was, and refused where it is none."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from evals.benchmarks.standard.record import PartRecord, UnreadableRecord, read_record
from tests.evals.benchmarks.standard.made_records import a_line, a_run


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = a_run(
        PartRecord(name="one", lines=[a_line(goal="≥ 1.2", met=True, low=1.5, high=2.5)]),
        PartRecord(name="two", status="failed", reason="it broke"),
    )
    file = tmp_path / "results" / "run.json"
    run.write(file)
    assert read_record(file) == run
    assert [path.name for path in file.parent.iterdir()] == ["run.json"]


@pytest.mark.parametrize(
    ("goal", "met", "low", "high", "verdict"),
    [
        ("≥ 2.5", True, 2.6, 2.9, "met"),
        ("≥ 2.5", True, 2.4, 2.9, "met, within the spread"),
        ("≤ 1.1", False, 1.05, 1.3, "missed, within the spread"),
        ("≤ 1.1", False, None, None, "missed"),
        ("0.93 to 0.97", True, 0.9, 0.99, "met"),
        ("", None, 1.0, 2.0, ""),
    ],
)
def test_a_verdict_says_whether_the_goal_lies_within_the_spread(
    goal: str, met: bool | None, low: float | None, high: float | None, verdict: str
) -> None:
    assert a_line(goal=goal, met=met, low=low, high=high).verdict == verdict


def test_a_figure_that_is_no_number_can_be_read_again(tmp_path: Path) -> None:
    lines = [a_line(value=math.nan), a_line("endless", math.inf, low=1.0, high=math.inf)]
    a_run(PartRecord(name="one", lines=lines)).write(tmp_path / "run.json")
    first, second = read_record(tmp_path / "run.json").parts[0].lines
    assert math.isnan(first.value)
    assert (second.value, second.high) == (math.inf, math.inf)


def test_missed_goals_are_counted() -> None:
    lines = [a_line(met=False, goal="≥ 3"), a_line("b", met=True), a_line("c")]
    assert a_run(PartRecord(name="one", lines=lines)).missed == 1


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"name": "scale", "rows": []}', "\x00"])
def test_what_is_no_record_is_refused_by_its_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(text, "utf-8")
    with pytest.raises(UnreadableRecord, match=r"other\.json: is not a record of `make bench`"):
        read_record(tmp_path / "other.json")


def test_a_record_of_a_later_format_is_refused(tmp_path: Path) -> None:
    content = json.loads(a_run().model_dump_json())
    (tmp_path / "later.json").write_text(json.dumps({**content, "format": 2}), "utf-8")
    with pytest.raises(UnreadableRecord, match="format"):
        read_record(tmp_path / "later.json")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for place in (tmp_path / "none.json", tmp_path):
        with pytest.raises(UnreadableRecord, match="cannot be read"):
            read_record(place)
    (tmp_path / "latin.json").write_bytes(b"\xff\xfe")
    with pytest.raises(UnreadableRecord, match="cannot be read"):
        read_record(tmp_path / "latin.json")
