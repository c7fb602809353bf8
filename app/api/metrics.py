"""`GET /metrics`: what Prometheus reads."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app.api.dependencies import MetricsDep

router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=Response, summary="Metrics for Prometheus")
def metrics(metrics: MetricsDep) -> Response:
    """Counts and times of all serving processes since the service was started."""
    return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)
