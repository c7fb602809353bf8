"""Panels and dashboards of Grafana, built with Grafana's own SDK."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models

DATASOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
WIDTH = 24
HEIGHTS = {"stat": 4, "timeseries": 8}
# A query, and what its series are called.
Query: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel.

    Attributes:
        title: unique in its dashboard.
        description: what it shows, and what to do if it looks wrong.
        unit: Grafana's id of the unit.
        queries: PromQL and legend.
        kind: `stat` shows the last value alone.
        span: width in columns; a row has 24.
        warn, alarm: from where it is shown in yellow and in red; None: nowhere.
        stacked: whether series are stacked.
    """

    title: str
    description: str
    unit: str
    queries: Sequence[Query]
    kind: Literal["timeseries", "stat"] = "timeseries"
    span: int = 8
    warn: float | None = None
    alarm: float | None = None
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice at the top of a dashboard, `$name` in queries: one or several values of a label."""

    name: str
    label: str
    values: str


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard.

    Attributes:
        uid: names it in Grafana, and its file.
        title, description: for people.
        rows: title of each row, and its panels.
        variables: choices.
    """

    uid: str
    title: str
    description: str
    rows: Sequence[tuple[str, Sequence[Panel]]]
    variables: Sequence[Variable]

    def json(self) -> str:
        """The dashboard as Grafana imports it."""
        return json.dumps(_built(self), cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"


def _built(board: Board) -> models.Dashboard:
    builder = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags(["plumbline"])
        .timezone("browser")
        .time("now-6h", "now")
        .refresh("1m")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .link(
            dashboard.DashboardLink("Plumbline")
            .type(models.DashboardLinkType.DASHBOARDS)
            .tags(["plumbline"])
            .as_dropdown(True)
            .include_vars(True)
            .keep_time(True)
        )
        .with_variable(
            dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
        )
    )
    for one in board.variables:
        builder.with_variable(_variable(one))
    number = 0
    for title, panels in board.rows:
        number += 1
        builder.with_row(dashboard.Row(title).id(number))
        for panel in panels:
            number += 1
            builder.with_panel(_panel(panel, number))
    return builder.build()


def _variable(one: Variable) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(one.name)
        .label(one.label)
        .datasource(DATASOURCE)
        .query(one.values)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(models.VariableOption(selected=True, text="All", value="$__all"))
    )


def _panel(panel: Panel, number: int) -> Any:
    built: Any = stat.Panel() if panel.kind == "stat" else timeseries.Panel()
    built = (
        built.id(number)
        .title(panel.title)
        .description(panel.description)
        .datasource(DATASOURCE)
        .unit(panel.unit)
        .span(panel.span)
        .height(HEIGHTS[panel.kind])
        .thresholds(_thresholds(panel))
    )
    if panel.kind == "timeseries":
        built = (
            built.min(0)
            .fill_opacity(20 if panel.stacked else 5)
            .show_points(common_models.VisibilityMode.NEVER)
            .legend(
                common.VizLegendOptions()
                .show_legend(True)
                .display_mode(common_models.LegendDisplayMode.LIST)
                .placement(common_models.LegendPlacement.BOTTOM)
            )
            .tooltip(
                common.VizTooltipOptions()
                .mode(common_models.TooltipDisplayMode.MULTI)
                .sort(common_models.SortOrder.DESCENDING)
            )
        )
        if panel.stacked:
            built.stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL))
        if panel.alarm is not None:
            style = common.GraphThresholdsStyleConfig()
            built.thresholds_style(style.mode(common_models.GraphThresholdsStyleMode.DASHED))
    for place, (expr, legend) in enumerate(panel.queries):
        query = prometheus.Dataquery().expr(expr).legend_format(legend).ref_id(chr(65 + place))
        built.with_target(query.instant() if panel.kind == "stat" else query.range())
    return built


def _thresholds(panel: Panel) -> dashboard.ThresholdsConfig:
    steps = [models.Threshold(value=None, color="green")]
    for value, color in ((panel.warn, "yellow"), (panel.alarm, "red")):
        if value is not None:
            steps.append(models.Threshold(value=value, color=color))
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)
