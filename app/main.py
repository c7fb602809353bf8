"""The REST service: `create_app(settings)` wires it; nothing is made at import."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.api import (
    answers,
    chat,
    document_sets,
    documents,
    health,
    jobs,
    metrics,
    openai_chat,
    problems,
    publications,
    search,
    sessions,
    set_definitions,
)
from app.api.administration import ADMINISTRATION
from app.api.body_limit import BodyLimit
from app.jobs.opening import open_queue
from app.lineage.log import AnswerLog
from app.lineage.recording import Recording
from app.parts import build
from app.readiness import Readiness
from app.sessions.opening import open_sessions
from app.settings import Settings
from app.store.database import Database
from app.telemetry.installing import install as install_telemetry
from app.turns.turns import Turns
from app.uploads.opening import open_uploads

DESCRIPTION = """
Answers from your own documents, each sentence with a citation that can be checked.

Errors are problem details (RFC 9457, `application/problem+json`).
"""


def create_app(settings: Settings) -> FastAPI:
    """The service for these settings. Parts are built when it starts, in its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.parts = build(settings)
        app.state.readiness = Readiness(app.state.parts)
        app.state.uploads = open_uploads(settings.sync.uploads)
        app.state.jobs = open_queue(settings)
        app.state.sessions = open_sessions(settings)
        store = settings.store
        database = Database(store.url.get_secret_value())
        database.migrate()
        app.state.answer_log = AnswerLog(database, store.keep_days, store.texts)
        app.state.answer_log.forget_old()
        recording = Recording(app.state.answer_log, settings.prices)
        app.state.turns = Turns(
            app.state.parts.answers, app.state.sessions, [telemetry.on_turn, recording.on_turn]
        )
        app.state.metrics = telemetry.metrics
        yield
        telemetry.tracing.close()
        app.state.sessions.close()
        app.state.answer_log.close()
        database.close()
        app.state.jobs.close()
        app.state.readiness.close()
        app.state.parts.catalogue.store.close()

    app = FastAPI(
        title="Plumbline",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        responses=problems.RESPONSES,
    )
    app.add_middleware(
        BodyLimit,
        most_bytes=settings.serve.max_body_bytes,
        most_upload_bytes=settings.serve.max_upload_bytes,
    )
    telemetry = install_telemetry(app, settings)
    problems.install(app)
    for resource in (chat, openai_chat, answers, search, sessions, document_sets, health):
        app.include_router(resource.router)
    if settings.telemetry.metrics:
        app.include_router(metrics.router)
    for resource in (set_definitions, documents, publications, jobs):
        app.include_router(
            resource.router, dependencies=ADMINISTRATION, responses=problems.ADMINISTRATION
        )
    return app
