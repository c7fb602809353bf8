"""What routes ask for, by name."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from app.answering.service import AnswerService
from app.batch.batch_store import BatchStore
from app.checks.readiness import Readiness
from app.document_sets.read_access import ReadAccess
from app.jobs.batch_starter import BatchStarts
from app.jobs.job import SyncJob
from app.jobs.queue import JobQueue
from app.lineage.answer_store import AnswerLog
from app.sessions.session import Sessions
from app.source_view.source_views import SourceViews
from app.telemetry.metrics import Metrics
from app.turns.turns import Turns
from app.uploads.protocol import Uploads
from app.wiring import Parts


async def _parts(request: Request) -> Parts:
    return cast("Parts", request.app.state.parts)


async def _answers(request: Request) -> AnswerService:
    return cast("Parts", request.app.state.parts).answers


async def _readiness(request: Request) -> Readiness:
    return cast("Readiness", request.app.state.readiness)


async def _jobs(request: Request) -> JobQueue[SyncJob]:
    return cast("JobQueue[SyncJob]", request.app.state.jobs)


async def _batches(request: Request) -> BatchStore:
    return cast("BatchStore", request.app.state.batches)


async def _batch_starts(request: Request) -> BatchStarts:
    return cast("BatchStarts", request.app.state.batch_starts)


async def _uploads(request: Request) -> Uploads:
    return cast("Uploads", request.app.state.uploads)


async def _turns(request: Request) -> Turns:
    turns: Turns = request.scope["app"].state.turns
    return turns


async def _sessions(request: Request) -> Sessions:
    return cast("Sessions", request.app.state.sessions)


async def _answer_log(request: Request) -> AnswerLog:
    return cast("AnswerLog", request.app.state.answer_log)


async def _read_access(request: Request) -> ReadAccess:
    return cast("ReadAccess", request.app.state.read_access)


async def _source_views(request: Request) -> SourceViews:
    return cast("SourceViews", request.app.state.source_views)


async def _metrics(request: Request) -> Metrics:
    return cast("Metrics", request.app.state.metrics)


PartsDep = Annotated[Parts, Depends(_parts)]
AnswersDep = Annotated[AnswerService, Depends(_answers)]
ReadinessDep = Annotated[Readiness, Depends(_readiness)]
JobsDep = Annotated[JobQueue[SyncJob], Depends(_jobs)]
BatchesDep = Annotated[BatchStore, Depends(_batches)]
BatchStartsDep = Annotated[BatchStarts, Depends(_batch_starts)]
UploadsDep = Annotated[Uploads, Depends(_uploads)]
TurnsDep = Annotated[Turns, Depends(_turns)]
SessionsDep = Annotated[Sessions, Depends(_sessions)]
AnswerLogDep = Annotated[AnswerLog, Depends(_answer_log)]
ReadAccessDep = Annotated[ReadAccess, Depends(_read_access)]
SourceViewsDep = Annotated[SourceViews, Depends(_source_views)]
MetricsDep = Annotated[Metrics, Depends(_metrics)]
