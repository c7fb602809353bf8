"""Evaluations: figures of runs, verdicts of gates, and reports."""

from __future__ import annotations

from collections import defaultdict

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from app.api.callers import CallerDep
from app.api.dependencies import PartsDep
from app.errors import UnknownReport
from app.evaluations.results import EvaluationResults, MetricFigures
from app.web.admin.layout import AdminPage, admin_page, require_all

router = APIRouter(prefix="/admin/evaluations", include_in_schema=False, route_class=AdminPage)
SECTION = "evaluations"
MOST = 50
# Metrics of a run in the table; the others are one click away.
MOST_SHOWN = 4
# Reports have scripts and styles within; sandboxed, they are a site of their own, which can load and
# send nothing.
REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


@router.get("")
def evaluations(request: Request, parts: PartsDep, caller: CallerDep) -> Response:
    """Runs and verdicts."""
    kept = EvaluationResults(parts.settings.evals.folder)
    found = kept.newest(MOST)
    reports: dict[str, list[str]] = defaultdict(list)
    others = []
    for name in found.reports:
        # RUN.html, and RUN-against-RUN.html.
        run_id = name.removesuffix(".html").partition("-against-")[0]
        if any(run.id == run_id for run in found.runs):
            reports[run_id].append(name)
        else:
            others.append(name)
    return admin_page(
        request,
        "admin/evaluations.html",
        SECTION,
        found=found,
        reports=reports,
        others=others,
        most_shown=MOST_SHOWN,
        value=_value,
    )


@router.get("/reports/{name}")
def report(request: Request, name: str, parts: PartsDep, caller: CallerDep) -> Response:
    """A report; only for callers who see all documents, since it quotes them."""
    why = "reports quote documents; only callers who see all documents may read them."
    require_all(request, caller, why)
    file = EvaluationResults(parts.settings.evals.folder).report(name)
    if file is None:
        raise UnknownReport(
            f"there is no report {name[:100]!a} in evals.folder; `plumb eval report RUN` writes one."
        )
    headers = {"Content-Security-Policy": REPORT_POLICY, "Cache-Control": "no-store"}
    return FileResponse(file, media_type="text/html; charset=utf-8", headers=headers)


def _value(metric: MetricFigures, value: float | None) -> str:
    """A metric's value in its unit."""
    if value is None:
        return "–"
    if metric.unit == "share":
        return f"{value:.1%}"
    if metric.unit == "cost":
        return f"{value:.5f}"
    return f"{value:,.0f} {metric.unit}" if abs(value) >= 10 else f"{value:.2f} {metric.unit}"
