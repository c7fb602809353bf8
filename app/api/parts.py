"""What routes ask for, by name."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from app.answering.service import AnswerService
from app.jobs.queue import JobQueue
from app.lineage.log import AnswerLog
from app.parts import Parts
from app.readiness import Readiness
from app.sessions.session import Sessions
from app.turns.turns import Turns
from app.uploads.protocol import Uploads


def _parts(request: Request) -> Parts:
    return cast("Parts", request.app.state.parts)


def _answers(request: Request) -> AnswerService:
    return _parts(request).answers


def _readiness(request: Request) -> Readiness:
    return cast("Readiness", request.app.state.readiness)


def _jobs(request: Request) -> JobQueue:
    return cast("JobQueue", request.app.state.jobs)


def _uploads(request: Request) -> Uploads:
    return cast("Uploads", request.app.state.uploads)


def _turns(request: Request) -> Turns:
    return cast("Turns", request.app.state.turns)


def _sessions(request: Request) -> Sessions:
    return cast("Sessions", request.app.state.sessions)


def _answer_log(request: Request) -> AnswerLog:
    return cast("AnswerLog", request.app.state.answer_log)


PartsDep = Annotated[Parts, Depends(_parts)]
AnswersDep = Annotated[AnswerService, Depends(_answers)]
ReadinessDep = Annotated[Readiness, Depends(_readiness)]
JobsDep = Annotated[JobQueue, Depends(_jobs)]
UploadsDep = Annotated[Uploads, Depends(_uploads)]
TurnsDep = Annotated[Turns, Depends(_turns)]
SessionsDep = Annotated[Sessions, Depends(_sessions)]
AnswerLogDep = Annotated[AnswerLog, Depends(_answer_log)]
