"""`GET /metrics`: what Prometheus reads."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app.telemetry.metrics import Metrics

router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=Response, summary="Metrics for Prometheus")
def metrics(request: Request) -> Response:
    """Counts and times of all serving processes since the service was started."""
    found = cast("Metrics", request.app.state.metrics)
    return Response(found.text(), media_type=CONTENT_TYPE_LATEST)
