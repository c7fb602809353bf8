"""The queries of dashboards and rules, each with the place that it stands in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ALERTS = Path(__file__).with_name("alerts")
DASHBOARDS = Path(__file__).with_name("dashboards")
_DURATION = re.compile(r"\[(\d+)([smhd])\]|\boffset (\d+)([smhd])\b")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Query:
    """A query of PromQL.

    Attributes:
        place: of it, for people: `panel 'Requests' of plumbline-service`.
        expr: PromQL, with Grafana's variables replaced.
        legend: of its series, in Grafana's or Prometheus' templates.
        is_alert: whether it is the condition of an alert.
        record: the name that a recording rule gives its result; empty for others.
    """

    place: str
    expr: str
    legend: str = ""
    is_alert: bool = False
    record: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that alerts: its name, labels and annotations, and the file it stands in."""

    name: str
    file: str
    labels: dict[str, str]
    annotations: dict[str, str]


def panels_of(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The panels of a dashboard, those in folded rows too; no rows."""
    for panel in dashboard.get("panels", []):
        if panel.get("type") == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def dashboard_queries(folder: Path = DASHBOARDS, interval: str = "5m") -> Iterator[Query]:
    """The query of every target of every panel; files that are no JSON are left out.

    Args:
        folder: of the dashboards.
        interval: what `$__rate_interval` becomes.
    """
    for file in sorted(folder.glob("*.json")):
        try:
            dashboard = json.loads(file.read_text("utf-8"))
        except ValueError:
            continue
        for panel in panels_of(dashboard):
            for target in panel.get("targets", []):
                yield Query(
                    f"panel {panel.get('title', '?')!r} of {file.stem}",
                    without_variables(target.get("expr", ""), interval),
                    target.get("legendFormat", ""),
                )


def without_variables(expr: str, interval: str = "5m") -> str:
    """A query with Grafana's variables replaced: times by an interval, choices by `.*` (All)."""
    expr = expr.replace("$__rate_interval", interval).replace("$__interval", interval)
    return re.sub(r"\$\{?\w+\}?", ".*", expr)


def rules_of(file: Path) -> Iterator[dict[str, Any]]:
    """The rules of a file, whatever group they are in."""
    content = yaml.safe_load(file.read_text("utf-8")) or {}
    for group in content.get("groups", []):
        yield from group.get("rules", [])


def rule_files(folder: Path = ALERTS) -> list[Path]:
    """The files of rules."""
    return sorted(folder.glob("*.yaml"))


def rule_queries(folder: Path = ALERTS) -> Iterator[Query]:
    """The query of every alert and every recording rule."""
    for file in rule_files(folder):
        for rule in rules_of(file):
            if "alert" in rule:
                texts = " ".join(rule.get("annotations", {}).values())
                window = rule.get("labels", {}).get("window")
                name = f"alert {rule['alert']}" + (f" ({window})" if window else "")
                yield Query(f"{name} in {file.name}", rule["expr"], texts, is_alert=True)
            else:
                name = rule["record"]
                yield Query(f"rule {name} in {file.name}", rule["expr"], record=name)


def alerts(folder: Path = ALERTS) -> list[Alert]:
    """Every alert."""
    return [
        Alert(rule["alert"], file.name, rule.get("labels", {}), rule.get("annotations", {}))
        for file in rule_files(folder)
        for rule in rules_of(file)
        if "alert" in rule
    ]


def shortened(text: str, times: float, least_s: int = 5) -> str:
    """A file of rules in which time passes faster, to see alerts fire and clear within minutes.

    `for` and every window and offset is divided, windows down to `least_s` seconds, so that they hold
    several scrapes of one second. Thresholds and all else stay.

    Args:
        text: the file.
        times: how much faster.
        least_s: the shortest window, seconds.
    """

    def shorter(number: str, unit: str, least: int) -> str:
        return f"{max(least, round(int(number) * _SECONDS[unit] / times))}s"

    def window(found: re.Match[str]) -> str:
        if found[1]:
            return f"[{shorter(found[1], found[2], least_s)}]"
        return f"offset {shorter(found[3], found[4], least_s)}"

    text = _DURATION.sub(window, text)
    return re.sub(
        r"^(\s+for: )(\d+)([smhd])$",
        lambda found: found[1] + shorter(found[2], found[3], 1),
        text,
        flags=re.MULTILINE,
    )
