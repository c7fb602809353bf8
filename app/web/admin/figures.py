"""Figures: answers by hour and by day from the store, and what this process counted since its start."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from app.api.callers import CallerDep
from app.api.dependencies import AnswerLogDep, MetricsDep, PartsDep
from app.lineage.figures import AnswerFigures
from app.web.admin.charts import Chart, Series, lines, stacked
from app.web.admin.layout import AdminPage, admin_page
from app.web.pages import Texts, pages_of
from app.wiring import Parts

router = APIRouter(prefix="/admin/figures", include_in_schema=False, route_class=AdminPage)
SECTION = "figures"
HOURS, DAYS = (24, timedelta(hours=1)), (30, timedelta(days=1))


@router.get("")
def figures(
    request: Request,
    log: AnswerLogDep,
    metrics: MetricsDep,
    parts: PartsDep,
    caller: CallerDep,
    by: Annotated[Literal["hour", "day"], Query()] = "hour",
) -> Response:
    """Charts of the last day or month."""
    count, length = HOURS if by == "hour" else DAYS
    found = log.figures(caller, count, length)
    return admin_page(
        request,
        "admin/figures.html",
        SECTION,
        charts=_charts(found, by, pages_of(request).texts),
        found=found,
        total=sum(span.count for span in found.spans),
        by=by,
        oversees=caller.oversees,
        since_start=metrics.since_start(),
        cache=_cache(parts),
    )


def _charts(found: AnswerFigures, by: str, t: Texts) -> list[Chart]:
    spans = found.spans
    form = "%m-%d %H:00" if by == "hour" else "%Y-%m-%d"
    labels = [span.start.strftime(form) for span in spans]

    def series(name: str, kind: str, values: list[float | None]) -> Series:
        return Series(t(f"admin.figures.series.{name}"), kind, values)

    charts = [
        stacked(
            t("admin.figures.outcomes"),
            labels,
            [
                series("answered", "good", [span.answered for span in spans]),
                series("refused", "fair", [span.refused for span in spans]),
                series("failed", "bad", [span.failed for span in spans]),
            ],
        ),
        stacked(
            t("admin.figures.cache"),
            labels,
            [
                series("cached", "good", [span.cached for span in spans]),
                series("computed", "rest", [span.count - span.cached for span in spans]),
            ],
        ),
        lines(
            t("admin.figures.times"),
            labels,
            [
                series("median", "good", [span.percentile(0.5) for span in spans]),
                series("p95", "fair", [span.percentile(0.95) for span in spans]),
            ],
        ),
    ]
    if any(span.cost for span in spans):
        paid: list[float | None] = [span.cost for span in spans]
        charts.append(stacked(t("admin.figures.cost"), labels, [series("cost", "rest", paid)], 4))
    return charts


def _cache(parts: Parts) -> dict[str, int]:
    """What this process's cache did since the start; empty without one."""
    if parts.cache is None:
        return {}
    stats = parts.cache.stats()
    return {
        "stored": stats.stored,
        "not_stored": stats.not_stored,
        "shared": stats.shared,
        "turned_away": stats.turned_away,
        "failed": stats.store.failures,
    }
