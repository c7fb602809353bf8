"""What can be known of dashboards, alerts and runbooks without a Prometheus."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from infra.monitoring.boards import BOARDS
from infra.monitoring.generated import generated
from infra.monitoring.names import wrong_names
from infra.monitoring.queries import (
    ALERTS,
    DASHBOARDS,
    Alert,
    alerts,
    dashboard_queries,
    panels_of,
    rule_files,
    rule_queries,
)

RUNBOOKS = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "runbooks"
SEVERITIES = ("page", "ticket")
DATASOURCE = "${datasource}"
OVERVIEW = "index.md"
# Below the folder of rules, which Prometheus loads as a whole.
TESTS = "tests"
PROMTOOL_S = 120


def check(
    dashboards: Path = DASHBOARDS, rules: Path = ALERTS, runbooks: Path = RUNBOOKS
) -> list[str]:
    """What is wrong, one line each; every line names the file, panel, alert or page."""
    wrong = [*_dashboards(dashboards)]
    wrong += [*_readable_rules(rules)]
    if any(file_is_wrong.startswith("alerts/") for file_is_wrong in wrong):
        # Their queries cannot be read.
        return wrong + wrong_names(dashboard_queries(dashboards))
    wrong += wrong_names([*dashboard_queries(dashboards), *rule_queries(rules)])
    wrong += _runbooks(alerts(rules), runbooks)
    wrong += _untested(alerts(rules), rules)
    wrong += [
        f"{file.parent.name}/{file.name}: it is not what the code makes; run `make dashboards`."
        for file, text in generated(dashboards, rules).items()
        if file.exists() and file.read_text("utf-8") != text
    ]
    return wrong + _promtool(rules)


def _dashboards(folder: Path) -> Iterator[str]:
    built = {f"{board.uid}.json" for board in BOARDS}
    found = {file.name: file.read_text("utf-8") for file in sorted(folder.glob("*.json"))}
    uids: Counter[str] = Counter()
    for name, text in found.items():
        try:
            content = json.loads(text)
            # A property that Grafana does not have is lost on the way.
            again = json.loads(json.dumps(Dashboard.from_json(content), cls=JSONEncoder))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            yield f"dashboards/{name}: it is no dashboard of Grafana: {error}."
            continue
        uids[str(content.get("uid"))] += 1
        if again.keys() != content.keys():
            unknown = ", ".join(sorted(content.keys() ^ again.keys()))
            yield f"dashboards/{name}: Grafana has other properties; look at {unknown}."
        yield from (f"dashboards/{name}: {one}" for one in _of_dashboard(content))
    for name in sorted(built - found.keys()):
        yield f"dashboards/{name}: it is missing; run `make dashboards`."
    for uid, count in uids.items():
        if count > 1:
            yield f"dashboards: {count} of them have the uid {uid!r}; give each its own."


def _of_dashboard(content: dict[str, Any]) -> Iterator[str]:
    for needed in ("uid", "title", "schemaVersion"):
        if not content.get(needed):
            yield f"it has no {needed}."
    variables = content.get("templating", {}).get("list", [])
    if not any(one.get("type") == "datasource" for one in variables):
        yield "it has no variable for the data source."
    titles: Counter[str] = Counter()
    for panel in panels_of(content):
        title = panel.get("title", "")
        titles[title] += 1
        if not panel.get("description"):
            yield f"panel {title!r} has no description."
        if not panel.get("fieldConfig", {}).get("defaults", {}).get("unit"):
            yield f"panel {title!r} has no unit."
        if panel.get("datasource", {}).get("uid") != DATASOURCE:
            yield f"panel {title!r} does not use the data source {DATASOURCE}."
        targets = panel.get("targets", [])
        if not targets or not all(one.get("expr") for one in targets):
            yield f"panel {title!r} has a target without a query, or none."
        if not all(one.get("legendFormat") for one in targets):
            yield f"panel {title!r} has a query without a legend."
    yield from (
        f"{count} panels are called {title!r}." for title, count in titles.items() if count > 1
    )


def _readable_rules(folder: Path) -> Iterator[str]:
    for file in rule_files(folder):
        try:
            content = yaml.safe_load(file.read_text("utf-8"))
        except yaml.YAMLError as error:
            yield f"alerts/{file.name}: it is no YAML: {' '.join(str(error).split())}."
            continue
        if not isinstance(content, dict) or not content.get("groups"):
            yield f"alerts/{file.name}: it has no groups of rules."


def _runbooks(found: Iterable[Alert], folder: Path) -> list[str]:
    wrong = []
    pages = {file.name for file in folder.glob("*.md")} - {OVERVIEW}
    named = set()
    for alert in found:
        where = f"alert {alert.name} in {alert.file}"
        if alert.labels.get("severity") not in SEVERITIES:
            wrong.append(f"{where}: its severity is none of {', '.join(SEVERITIES)}.")
        for needed in ("summary", "description"):
            if not alert.annotations.get(needed):
                wrong.append(f"{where}: it has no {needed}.")
        page = alert.annotations.get("runbook_url", "").rpartition("/")[2].replace(".html", ".md")
        named.add(page)
        if page not in pages:
            wrong.append(f"{where}: its runbook docs/how-to/runbooks/{page or '?'} is not there.")
        elif alert.name not in (folder / page).read_text("utf-8"):
            wrong.append(f"{where}: its runbook {page} does not name it.")
    wrong += [f"runbook {page}: no alert leads to it." for page in sorted(pages - named)]
    return list(dict.fromkeys(wrong))


def _untested(found: Iterable[Alert], folder: Path) -> list[str]:
    """Every alert must be seen to fire and to be silent by a unit test of promtool."""
    fires: set[str] = set()
    silent: set[str] = set()
    for file in (folder / TESTS).glob("*.yaml"):
        for test in yaml.safe_load(file.read_text("utf-8")).get("tests", []):
            for one in test.get("alert_rule_test", []):
                (fires if one.get("exp_alerts") else silent).add(one["alertname"])
    names = dict.fromkeys(alert.name for alert in found)
    return [
        f"alert {name}: no unit test of promtool sees it {how}."
        for name in names
        for how, seen in (("fire", fires), ("stay silent", silent))
        if name not in seen
    ]


def _promtool(folder: Path) -> list[str]:
    promtool = shutil.which("promtool")
    if promtool is None:
        return ["promtool is not installed; `make servers` installs it with Prometheus."]
    wrong = []
    tests = sorted((folder / TESTS).glob("*.yaml"))
    for what, files in (("check", rule_files(folder)), ("test", tests)):
        ran = subprocess.run(  # noqa: S603 (no shell; files of ours)
            [promtool, what, "rules", *(str(file.relative_to(folder)) for file in files)],
            cwd=folder, capture_output=True, text=True, check=False, timeout=PROMTOOL_S,
        )  # fmt: skip
        if ran.returncode:
            said = " ".join(f"{ran.stdout} {ran.stderr}".split())
            wrong.append(f"promtool {what} rules: {said[-1500:]}")
    return wrong
