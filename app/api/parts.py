"""What routes ask for, by name."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from app.answering.service import AnswerService
from app.parts import Parts
from app.readiness import Readiness


def _parts(request: Request) -> Parts:
    return cast("Parts", request.app.state.parts)


def _answers(request: Request) -> AnswerService:
    return _parts(request).answers


def _readiness(request: Request) -> Readiness:
    return cast("Readiness", request.app.state.readiness)


PartsDep = Annotated[Parts, Depends(_parts)]
AnswersDep = Annotated[AnswerService, Depends(_answers)]
ReadinessDep = Annotated[Readiness, Depends(_readiness)]
