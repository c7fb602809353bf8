"""Plots show what the numbers say."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from evals.gate.verdict import Comparison
from evals.metrics.score import MetricInfo
from evals.reports.latency_and_cost import latency_and_cost_of
from evals.reports.plots import WIDTH, forest, spread
from tests.evals.reports.made_runs import BASELINE, CANDIDATE, made_run

SHARE = MetricInfo(name="recall@5", description="-")
TIME = MetricInfo(name="latency_ms", description="-", better="lower", unit="ms")


def _item(**given: object) -> Comparison:
    usual = {"metric": "recall@5", "cases": 9, "clusters": 9, "missing": 0, "baseline": 0.8,
             "candidate": 0.7, "difference": -0.1, "interval": (-0.16, -0.04), "margin": 0.05,
             "better": "higher", "outcome": "worse", "reason": "-"}  # fmt: skip
    return Comparison.model_validate(usual | given)


def _read(drawn: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(drawn)


def _lines(root: ElementTree.Element, kind: str) -> list[tuple[float, float]]:
    found = (line for line in root.iter("line") if line.get("class") == kind)
    return [(float(line.get("x1", "")), float(line.get("x2", ""))) for line in found]


def test_the_interval_the_margin_and_zero_are_to_one_scale() -> None:
    root = _read(forest(_item(), SHARE))
    [(zero, _)], [(margin, _)] = _lines(root, "zero"), _lines(root, "margin")
    left, right = _lines(root, "whisker loss")[0]
    unit = (zero - margin) / 0.05
    assert ((left - zero) / unit, (right - zero) / unit) == pytest.approx((-0.16, -0.04), abs=2e-3)
    assert root.get("role") == "img"
    said = "recall@5: difference -10.0 points, 95 % interval -16.0 to -4.0; up to 5.0 points may be"
    assert str(root.get("aria-label")).startswith(said)


def test_right_is_better_where_lower_is() -> None:
    item = _item(metric="latency_ms", better="lower", difference=-30.0, interval=(-50.0, -10.0),
                 margin=20.0)  # fmt: skip
    root = _read(forest(item, TIME))
    [(zero, _)], [(margin, _)] = _lines(root, "zero"), _lines(root, "margin")
    left, right = _lines(root, "whisker win")[0]
    assert margin < zero < left < right <= WIDTH


def test_without_an_interval_the_difference_stands_alone_and_without_one_nothing_does() -> None:
    assert _lines(_read(forest(_item(interval=None), SHARE)), "whisker loss") == []
    assert forest(_item(difference=None, interval=None), SHARE) == ""
    level = _read(forest(_item(difference=0.0, interval=(0.0, 0.0), margin=None), SHARE))
    assert [path.get("class") for path in level.iter("path")] == ["point tie"]


def test_every_question_is_as_wide_as_every_other() -> None:
    root = _read(spread([0.5, -1.0, 0.0, 0.5, -0.25, 0.0, 0.0, 0.0], "recall@5"))
    paths = {path.get("class"): str(path.get("d")) for path in root.iter("path")}
    widths = {kind: sum(map(float, re.findall(r"h([\d.]+)", d))) for kind, d in paths.items()}
    step = (WIDTH - 16) / 8
    assert widths == {"bar loss": pytest.approx(2 * step), "bar win": pytest.approx(2 * step)}
    assert str(root.get("aria-label")) == "recall@5: 2 questions worse, 4 the same, 2 better."
    heights = [float(found) for found in re.findall(r"v([-\d.]+)", paths["bar loss"])]
    assert heights == [32.0, 8.0]
    assert all(float(h) < 0 for h in re.findall(r"v([-\d.]+)", paths["bar win"]))


def test_names_are_escaped() -> None:
    drawn = spread([1.0], '"><script>')
    assert "<script" not in drawn
    assert str(_read(drawn).get("aria-label")).startswith('"><script>: 0 questions worse')


def test_times_of_both_runs_are_drawn_to_one_scale() -> None:
    before, after = latency_and_cost_of([made_run(BASELINE), made_run(CANDIDATE)])
    [(fast, _)], [(slow, _)] = (_lines(_read(e.picture), "median") for e in (before, after))
    assert (slow - 8) / (fast - 8) == pytest.approx(
        after.stages["total"][0] / before.stages["total"][0], rel=0.02
    )
    assert (before.answers, before.failed, after.answers, after.failed) == (60, 0, 59, 1)
    assert before.kept == 7
    assert before.tokens == (900 * 60 + 7 * 1770, 60 * 60 + 1770)
    assert before.cost == pytest.approx(0.0004 * 60 + 0.000002 * 1770)
    assert after.cost is not None


def test_cost_is_not_stated_where_one_answers_is_not_known() -> None:
    run = made_run(BASELINE, 4)
    results = [run.results[0].model_copy(update={"cost": None}), *run.results[1:]]
    assert latency_and_cost_of([run.model_copy(update={"results": results})])[0].cost is None
