"""`GET /healthz` and `GET /readyz`: alive, and able to answer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel

from app.api.parts import ReadinessDep
from app.readiness import Report

router = APIRouter(tags=["health"])
NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {"model": Report, "description": "A dependency is not ready; its `detail` says why."}
}


class Alive(BaseModel):
    """The process answers."""

    status: str = "ok"


@router.get("/healthz", summary="Is the process alive?")
def healthz() -> Alive:
    """Says nothing about dependencies, so that their failure does not restart the process."""
    return Alive()


@router.get("/readyz", responses=NOT_READY, summary="Can questions be answered?")
def readyz(readiness: ReadinessDep, response: Response) -> Report:
    """Checks each dependency; 503 with the reason where one is not ready."""
    report = readiness.report()
    if not report.ready:
        response.status_code = 503
    return report
