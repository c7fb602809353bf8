"""`GET /healthz` and `GET /readyz`: alive, and able to answer."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel

from app.api.dependencies import PartsDep, ReadinessDep
from app.checks.readiness import Report

router = APIRouter(tags=["health"])
NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {"model": Report, "description": "A dependency is not ready; its `detail` says why."}
}


class Alive(BaseModel):
    """The process answers.

    Attributes:
        status: always `ok`.
        release: the release that it serves; None: it is pinned to none.
    """

    status: str = "ok"
    release: str | None = None


@router.get("/healthz", summary="Is the process alive?")
async def healthz(parts: PartsDep) -> Alive:
    """Says nothing about dependencies, so that their failure does not restart the process."""
    # A coroutine: it must answer while every thread is at work.
    pins = parts.settings.release
    return Alive(release=None if pins is None else pins.id)


@router.get("/readyz", responses=NOT_READY, summary="Can questions be answered?")
async def readyz(readiness: ReadinessDep, response: Response) -> Report:
    """Checks each dependency; 503 with the reason where one is not ready, or does not say in time."""
    report = await readiness.report()
    if not report.ready:
        response.status_code = 503
    return report
