"""What the checks of dashboards, alerts and runbooks find, on copies with one fault each."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
import yaml

import plumb
from infra.monitoring import names
from infra.monitoring.__main__ import main
from infra.monitoring.names import known_metrics, without_conditions, wrong_names
from infra.monitoring.queries import (
    ALERTS,
    DASHBOARDS,
    Query,
    alerts,
    dashboard_queries,
    rule_files,
    rule_queries,
    shortened,
)
from infra.monitoring.static_checks import RUNBOOKS, check

# First words of lines that are no PromQL.
SHELL = ("curl", "kubectl", "plumb", "docker", "#", "-")
SERVICE, QUALITY = "plumbline-service.json", "plumbline-quality.json"


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """Dashboards, alerts and runbooks, to be broken."""
    for name, folder in (("dashboards", DASHBOARDS), ("alerts", ALERTS), ("runbooks", RUNBOOKS)):
        shutil.copytree(folder, tmp_path / name)
    return tmp_path


@pytest.fixture(autouse=True)
def _promtool_is_tested_once(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """promtool takes many seconds for all unit tests, and most faults here are none of its matter."""
    if "promtool" not in request.keywords and "promtool" not in request.node.name:
        monkeypatch.setattr("infra.monitoring.static_checks._promtool", lambda _: [])


def found(folder: Path) -> list[str]:
    return check(folder / "dashboards", folder / "alerts", folder / "runbooks")


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_what_is_committed_is_right_and_promtool_agrees() -> None:
    assert check() == []


def test_a_metric_that_is_renamed_in_the_code_names_its_panels_and_alerts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = known_metrics()
    known["plumbline_cache_set_aside"] = known.pop("plumbline_cache_aside")
    monkeypatch.setattr(names, "known_metrics", lambda: known)
    wrong = wrong_names([*dashboard_queries(), *rule_queries()])
    assert [line.partition(":")[0] for line in wrong] == [
        "panel 'Cache aside' of plumbline-service",
        "alert PlumblineCacheAside in service.yaml",
    ]
    assert all("no metric plumbline_cache_aside" in line for line in wrong)


@pytest.mark.parametrize(
    ("expr", "legend", "said"),
    [
        ("sum by (stauts) (plumbline_request_seconds_count)", "", "adds up by stauts"),
        ('plumbline_answers_total{outcom="refused"}', "", "has no label outcom; it has"),
        (
            "plumbline_answer_total",
            "",
            "no metric plumbline_answer_total; is it plumbline_answers_",
        ),
        ('plumbline_answer_seconds_bucket{le="10"}', "", "has no bucket le='10'"),
        ("sum(plumbline_tokens_total)", "{{model}}", "its text shows model"),
        ("sum(plumbline_tokens_total", "", "this is no PromQL"),
    ],
)
def test_a_wrong_name_is_said_with_its_place(expr: str, legend: str, said: str) -> None:
    (line,) = wrong_names([Query("panel 'X' of y", expr, legend)])
    assert line.startswith("panel 'X' of y: ")
    assert said in line


def broken_json(folder: Path) -> None:
    replaced(folder / "dashboards" / SERVICE, '"schemaVersion"', "schemaVersion")


def unknown_property(folder: Path) -> None:
    replaced(folder / "dashboards" / SERVICE, '"schemaVersion"', '"panles": [], "schemaVersion"')


def same_uid(folder: Path) -> None:
    replaced(
        folder / "dashboards" / SERVICE, '"uid": "plumbline-service"', '"uid": "plumbline-quality"'
    )


def no_description(folder: Path) -> None:
    file = folder / "dashboards" / QUALITY
    content = json.loads(file.read_text("utf-8"))
    next(one for one in content["panels"] if one["title"] == "Feedback")["description"] = ""
    file.write_text(json.dumps(content), "utf-8")


def fixed_datasource(folder: Path) -> None:
    file = folder / "dashboards" / QUALITY
    content = json.loads(file.read_text("utf-8"))
    panel = next(one for one in content["panels"] if one["title"] == "Feedback")
    panel["datasource"]["uid"] = "abc"
    file.write_text(json.dumps(content), "utf-8")


def panel_of_nothing(folder: Path) -> None:
    replaced(folder / "dashboards" / QUALITY, "plumbline_tokens_total", "plumbline_token_total")


def dashboard_gone(folder: Path) -> None:
    (folder / "dashboards" / SERVICE).unlink()


def broken_yaml(folder: Path) -> None:
    replaced(folder / "alerts" / "drift.yaml", "groups:", "groups: [")


def alert_of_nothing(folder: Path) -> None:
    replaced(folder / "alerts" / "drift.yaml", "plumbline_drift_detected", "plumbline_drift_found")


def alert_label(folder: Path) -> None:
    replaced(folder / "alerts" / "drift.yaml", "by (document_set, signal)", "by (set, signal)")


def runbook_gone(folder: Path) -> None:
    (folder / "runbooks" / "down.md").unlink()


def runbook_of_nothing(folder: Path) -> None:
    (folder / "runbooks" / "up.md").write_text("# Up\n", "utf-8")


def runbook_of_another(folder: Path) -> None:
    replaced(folder / "runbooks" / "down.md", "PlumblineDown", "PlumblineUp")


def no_severity(folder: Path) -> None:
    replaced(folder / "alerts" / "drift.yaml", "severity: ticket", "severity: urgent")


def untested(folder: Path) -> None:
    (folder / "alerts" / "tests" / "drift_test.yaml").unlink()


@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        (broken_json, "dashboards/plumbline-service.json: it is no dashboard of Grafana"),
        (unknown_property, "plumbline-service.json: Grafana has other properties; look at panles"),
        (same_uid, "2 of them have the uid 'plumbline-quality'"),
        (no_description, "plumbline-quality.json: panel 'Feedback' has no description"),
        (fixed_datasource, "panel 'Feedback' does not use the data source ${datasource}"),
        (panel_of_nothing, "of plumbline-quality: there is no metric plumbline_token_total"),
        (dashboard_gone, "dashboards/plumbline-service.json: it is missing"),
        (broken_yaml, "alerts/drift.yaml: it is no YAML"),
        (alert_of_nothing, "alert PlumblineDriftDetected in drift.yaml: there is no metric"),
        (alert_label, "alert PlumblineDriftDetected in drift.yaml: it adds up by set"),
        (
            runbook_gone,
            "PlumblineDown in service.yaml: its runbook docs/how-to/runbooks/down.md is not",
        ),
        (runbook_of_nothing, "runbook up.md: no alert leads to it"),
        (runbook_of_another, "its runbook down.md does not name it"),
        (no_severity, "PlumblineDriftDetected in drift.yaml: its severity is none of page, ticket"),
        (untested, "alert PlumblineDriftDetected: no unit test of promtool sees it fire"),
    ],
)
def test_one_fault_is_found_and_named(
    copies: Path, breaks: Callable[[Path], None], said: str
) -> None:
    breaks(copies)
    assert any(said in line for line in found(copies)), found(copies)


def test_promtool_finds_an_alert_that_fires_later_than_its_test_says(copies: Path) -> None:
    for file in (copies / "alerts").glob("**/*.yaml"):
        if "service" not in file.name:
            file.unlink()
    replaced(copies / "alerts" / "service.yaml", "for: 2m", "for: 20m")
    assert any("promtool test rules" in line and "PlumblineDown" in line for line in found(copies))


def test_a_generated_file_that_was_edited_is_found(copies: Path) -> None:
    replaced(copies / "dashboards" / SERVICE, "Processes up", "Processes")
    assert any("is not what the code makes" in line for line in found(copies))


def test_conditions_are_taken_off_to_see_whether_there_is_data() -> None:
    assert without_conditions('a{x="1"} > 2 and on (job) b == 1') == ['a{x="1"}', "b"]
    assert without_conditions("absent(up)") == ["up"]
    assert without_conditions("time() - a > 5") == ["time() - a"]
    assert without_conditions("a > 1 or b > 2") == ["a", "b"]


def test_time_passes_faster_and_nothing_else_changes() -> None:
    text = "  expr: rate(a[1h] offset 1d) > 3600\n  for: 5m\n  labels: {window: 1h}\n"
    assert shortened(text, 60) == (
        "  expr: rate(a[60s] offset 1440s) > 3600\n  for: 5s\n  labels: {window: 1h}\n"
    )
    assert "[5s]" in shortened("rate(a[5m])", 600)
    for file in rule_files():
        short = yaml.safe_load(shortened(file.read_text("utf-8"), 120))
        assert short.keys() == {"groups"}
        assert not re.search(r"\[\d+[mhd]\]", str(short))


def test_a_prometheus_that_is_down_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--prometheus", "http://127.0.0.1:1"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(
        r"error: Prometheus at http://127\.0\.0\.1:1 cannot be reached \(.*refused\); start it, or "
        r"correct --prometheus\.\n",
        said.err,
    )


def test_a_folder_that_is_not_there_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--rules", "/nowhere"]) == 1
    assert capsys.readouterr().err == "error: /nowhere is no folder.\n"


def test_queries_of_runbooks_and_guides_name_what_is_there() -> None:
    guides = ("observe-the-service", "monitor-the-service", "watch-for-drift")
    pages = [*RUNBOOKS.glob("*.md"), *(RUNBOOKS.parent / f"{name}.md" for name in guides)]
    recorded = [query for query in rule_queries() if query.record]
    asked = []
    for page in pages:
        for block in re.findall(r"```\w*\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            for line in block.splitlines():
                if re.search(r"plumbline[_:]", line) and line.split()[0] not in SHELL:
                    asked += [Query(page.name, one.strip()) for one in line.split(";")]
    assert len(asked) > 25
    assert wrong_names([*recorded, *asked]) == []


def test_commands_of_runbooks_are_there() -> None:
    command = typer.main.get_command(plumb.app)
    for page in RUNBOOKS.glob("*.md"):
        for words in re.findall(
            r"\bplumb ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", page.read_text("utf-8")
        ):
            group = command
            for word in words.split():
                if not hasattr(group, "commands"):
                    break
                assert word in group.commands, (page.name, words)
                group = group.commands[word]


def test_every_alert_is_in_the_overview_of_runbooks() -> None:
    overview = (RUNBOOKS / "index.md").read_text("utf-8")
    assert [one.name for one in alerts() if f"`{one.name}`" not in overview] == []
