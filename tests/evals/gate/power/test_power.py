"""`plumb eval power`: figures, aim, picture, command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from typer.testing import CliRunner, Result

from evals.datasets.suite import GateRules, MetricRule
from evals.errors import EvalError, SuiteError
from evals.gate.power.changes import some_changes
from evals.gate.power.chart import power_chart
from evals.gate.power.console import conclusions
from evals.gate.power.harness import Harness
from evals.gate.power.power import Power, Row
from evals.settings import load_settings
from evals.statistics.wilson import wilson


def row(name: str, kind: str, effect: float, stopped: int, **more: Any) -> Row:
    fields = {"strength": "", "effects": {"correct": effect}, "worst": "correct", "loss": -effect,
              "margins": -effect / 0.05, "trials": 100, "rate": stopped / 100,
              "interval": wilson(stopped, 100), "on_suite": (1, 1), "why": {}}  # fmt: skip
    return Row(name=name, kind=kind, stopped=stopped, **{**fields, **more})


def power(*rows: Row) -> Power:
    return Power(suite="s", system="answer@v1", index_version="1", questions=200, clusters=30,
                 main="correct", alpha=0.05, seed=1, instances=1, resamples=300, rows=list(rows))  # fmt: skip


def test_the_aim_is_read_off_the_rows() -> None:
    found = power(
        row("small", "fault", -0.04, 10),
        row("caught", "fault", -0.05, 95),
        row("missed <b>", "fault", -0.09, 94),
        row("quiet", "null", 0.0, 5),
        row("loud", "null", 0.0, 6),
    )
    assert [one.name for one in found.costly] == ["caught", "missed <b>"]
    assert [one.name for one in found.missed] == ["missed <b>"]
    assert [one.name for one in found.false_alarms] == ["loud"]
    result = " ".join(conclusions(found))
    assert "Of 2 faults that cost 5 points or more of correct, 1 are stopped" in result
    assert "not missed <b>" in result
    assert "not for loud (6.0%)" in result


def test_the_picture_is_whole_and_escaped() -> None:
    page = power_chart(power(row("a <b> fault", "fault", -0.1, 90), row("none", "null", 0.0, 2)))
    assert "<b> fault" not in page.replace("&lt;b&gt;", "")
    svg = Xml.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    titles = [element.text for element in svg.iter("title")]
    assert titles == [
        "a <b> fault: 90.0% stopped, loses 2.00 margins of correct",
        "none: 2.0% stopped, loses -0.00 margins of correct",
    ]
    assert "http" not in page


def command(place: Path, *more: str) -> Result:
    import plumb

    return CliRunner().invoke(
        plumb.app,
        ["eval", "power", str(place / "suite.yaml"), "--index-url", str(place / "index"), *more],
    )


def test_the_command_measures_and_keeps(place: Path) -> None:
    result = command(
        place, "--quick", "--trials", "4", "--resamples", "200", "--prompt", "v1", "--json"
    )
    assert result.exit_code == 0, result.output
    found = Power.model_validate_json((place / "plumb-evals/power.json").read_text())
    assert json.loads(result.stdout) == found.model_dump(mode="json")
    assert [one.name for one in found.rows] == [change.name for change in some_changes()]
    by_name = {one.name: one for one in found.rows}
    assert by_name["stale index"].effects["answer_correct"] < 0
    assert by_name["the same again"].margins == 0
    assert (found.questions, found.clusters) == (8, 4)
    assert all(one.trials == 4 for one in found.rows)
    assert "<svg" in (place / "plumb-evals/power.html").read_text()


def test_a_model_that_costs_money_is_refused(place: Path, suite, embedder) -> None:
    settings = load_settings(
        {"index.url": str(place / "index"), "chat.model": "openai:gpt-4.1-mini"}
    )
    with pytest.raises(EvalError, match="set PLUMB_CHAT_MODEL=extractive"):
        Harness(settings, suite, embedder=embedder)


@pytest.mark.parametrize(
    ("metrics", "message"),
    [({}, "has no rule"), ({"faithfulness": MetricRule(margin=0.1)}, "judge")],
)
def test_a_gate_without_offline_rules_is_refused(place, suite, embedder, metrics, message) -> None:
    settings = load_settings({"index.url": str(place / "index")})
    other = suite.model_copy(update={"gate": GateRules(metrics=metrics)})
    with pytest.raises(EvalError, match=message):
        Harness(settings, other, embedder=embedder)
    assert issubclass(SuiteError, EvalError)
