"""`GET /metrics`: what Prometheus reads."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app.api.dependencies import MetricsDep

router = APIRouter(tags=["health"])


TEXT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Prometheus's text format.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
}


@router.get("/metrics", response_class=Response, responses=TEXT, summary="Metrics for Prometheus")
def get_metrics(metrics: MetricsDep) -> Response:
    """Counts and times of all serving processes since the service was started."""
    return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)
