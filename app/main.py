"""The REST service: `create_app(settings)` wires it; nothing is made at import."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from app.api import (
    answers,
    batches,
    chat,
    document_sets,
    documents,
    health,
    jobs,
    mcp,
    metrics,
    openai_chat,
    openai_embeddings,
    openai_responses,
    problems,
    protected_resource,
    publications,
    search,
    sessions,
    set_definitions,
    source_views,
)
from app.api.body_limit import BodyLimit, Limit, WriteDeadline
from app.api.callers import EDITOR, READER, READER_CHANGES
from app.api.connections import LIMITS as CONNECTION_LIMITS
from app.api.connections import ConnectionLimits
from app.api.documented_access import describe_access
from app.api.documented_types import describe_types, operation_id
from app.api.early_refusals import EarlyRefusals
from app.api.host_and_origin import Sites
from app.api.release_header import HEADER as RELEASE_HEADER
from app.api.release_header import ReleaseHeader
from app.api.request_input import FitInput
from app.api.security_headers import SecurityHeaders
from app.batch.batch_store import BatchStore
from app.batch.unfinished import UnfinishedBatches
from app.checks.readiness import Readiness
from app.configuration.redaction import Redactor
from app.document_sets.language_shares import LanguageShares
from app.document_sets.read_access import ReadAccess
from app.jobs.batch_starter import BatchStarts
from app.jobs.factory import open_queue
from app.jobs.kinds import BATCHES, SYNCS
from app.lineage.answer_store import AnswerLog
from app.lineage.turn_recorder import Recording
from app.releases.history import ReleaseHistory
from app.releases.state import state_of
from app.security.factory import open_guard
from app.service_state import lookups
from app.sessions.factory import open_sessions
from app.settings.tree import Settings
from app.source_view.originals import Originals
from app.source_view.source_views import SourceViews
from app.store.database import Database
from app.telemetry.setup import Telemetry
from app.telemetry.setup import install as install_telemetry
from app.turns.turns import Turns
from app.uploads.factory import open_uploads
from app.web import chat as chat_pages
from app.web import conversations, issuer_sign_in, pages, sign_in, sources
from app.web.admin import subjects as administration
from app.web.suggested_questions import SuggestedQuestions
from app.wiring import Parts, build
from ingestion.index.stores import open_store
from prompts.errors import PlumbError
from prompts.moves.gating import GateCheck

# What clients of the Model Context Protocol send beside the usual.
MCP_HEADERS = ("Mcp-Method", "Mcp-Name", "Mcp-Protocol-Version")
DESCRIPTION = """
Answers from your own documents, each sentence with a citation that can be checked.

Errors are problem details (RFC 9457, `application/problem+json`).
"""


# Finds the gates that a prompt has passed, with what answers and where evaluations are kept: `evals`
# reads them, a room above.
Gates: TypeAlias = Callable[[Parts, Path], GateCheck]


def create_app(
    settings: Settings,
    on_started: Callable[[], None] = lambda: None,
    gates: Gates | None = None,
) -> FastAPI:
    """The service for these settings. Parts are built when it starts, in its lifespan.

    Args:
        settings: the whole tree.
        on_started: called when all parts are built, before the first request.
        gates: lets protected aliases be moved here; None: by the command line alone.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        # Each answer may hold a thread while it waits for an equal question's: the request
        # that makes that one must find a thread too.
        app.state.threads = threads = current_default_thread_limiter()
        threads.total_tokens += settings.limits.answers_at_once
        with ExitStack() as opened:
            _open(app, settings, telemetry, opened)
            # What answers by a release is not what the aliases name.
            app.state.gates = (
                gates(app.state.parts, settings.evals.folder)
                if gates is not None and settings.release is None
                else None
            )
            async with _mcp(app, settings):
                on_started()
                yield {
                    CONNECTION_LIMITS: ConnectionLimits(
                        settings.serve.header_timeout_s,
                        settings.serve.write_timeout_s,
                        settings.serve.most_connections,
                    )
                }

    app = FastAPI(
        title="Plumbline",
        version=version("plumbline"),
        description=DESCRIPTION,
        lifespan=lifespan,
        responses=problems.RESPONSES,
        generate_unique_id_function=operation_id,
        # `app.telemetry` measures and traces requests.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.add_middleware(FitInput)
    serve, browser = settings.serve, settings.browser
    upload_s = serve.upload_timeout_s, "PLUMB_SERVE_UPLOAD_TIMEOUT_S"
    app.add_middleware(WriteDeadline, timeout_s=serve.write_timeout_s)
    app.add_middleware(
        BodyLimit,
        limit=Limit(
            serve.max_body_bytes,
            "PLUMB_SERVE_MAX_BODY_BYTES",
            serve.body_timeout_s,
            "PLUMB_SERVE_BODY_TIMEOUT_S",
        ),
        uploads={
            documents.UPLOADS: Limit(
                serve.max_upload_bytes, "PLUMB_SERVE_MAX_UPLOAD_BYTES", *upload_s
            ),
            batches.UPLOADS: Limit(
                settings.batches.max_file_bytes, "PLUMB_BATCHES_MAX_FILE_BYTES", *upload_s
            ),
        },
    )
    app.add_middleware(EarlyRefusals)
    app.add_middleware(Sites, origins=browser.origins, hosts=browser.hosts)
    telemetry = install_telemetry(app, settings)
    _around_all(app, settings)
    problems.install(app, Redactor(settings))
    _include(app, settings)
    describe_access(app)
    describe_types(app)
    return app


def _open(app: FastAPI, settings: Settings, telemetry: Telemetry, opened: ExitStack) -> None:
    """Build all parts into `app.state`.

    Args:
        opened: closes what is open, the last opened first; also where a later part cannot be built.
    """
    state = app.state
    opened.callback(telemetry.tracing.close)
    # People wait for the answers: where Qdrant is away, they hear so after one retry.
    patience = settings.qdrant.model_copy(
        update={"upsert_retries": min(1, settings.qdrant.upsert_retries)}
    )
    index = open_store(settings.index, patience)
    state.parts = parts = build(settings, cached=True, store=index)
    opened.callback(parts.close)
    database = Database(settings.store.url.get_secret_value())
    opened.callback(database.close)
    database.migrate()
    state.guard = open_guard(
        settings.auth, settings.limits, settings.serve, settings.redis, database, settings.web
    )
    state.protected_resource = (
        protected_resource.ProtectedResource.of(settings.auth) if state.guard.asks else None
    )
    state.readiness = Readiness(parts, database=database)
    opened.callback(state.readiness.close)
    state.uploads = open_uploads(settings.sync.uploads)
    state.jobs = open_queue(settings, SYNCS)
    opened.callback(state.jobs.close)
    state.batch_jobs = batch_jobs = open_queue(settings, BATCHES)
    opened.callback(batch_jobs.close)
    pinned = None if settings.release is None else settings.release.id
    state.read_access = access = ReadAccess(parts.sets)
    if settings.web.enabled:
        state.language_shares = LanguageShares(parts.catalogue)
        state.suggested_questions = SuggestedQuestions(parts.sets, parts.answers.retriever)
        opened.callback(state.suggested_questions.close)
    originals = Originals(settings.originals, settings.sync, parts.catalogue)
    state.source_views = SourceViews(parts.sets, originals)
    opened.callback(state.source_views.close)
    state.batches = BatchStore(database, settings.batches.most_unfinished, pinned, access)
    records = parts.catalogue.store.records
    state.batch_starts = BatchStarts(
        UnfinishedBatches(database, pinned),
        batch_jobs,
        settings.store.keep_days,
        lambda: state_of(ReleaseHistory(records).events()).retired,
    )
    opened.callback(state.batch_starts.close)
    state.sessions = open_sessions(settings)
    opened.callback(state.sessions.close)
    store = settings.store
    state.answer_log = AnswerLog(database, store.keep_days, store.texts, access)
    opened.callback(state.answer_log.close)
    state.answer_log.forget_old()
    recording = Recording(state.answer_log, settings.prices)
    state.turns = Turns(
        parts.answers,
        state.sessions,
        [telemetry.on_turn, recording.on_turn],
        parts.cache,
        [telemetry.on_failure, recording.on_failure],
        access,
    )
    state.metrics = telemetry.metrics
    telemetry.metrics.watch(lookups(state))
    state.batch_starts.watch()
    # Providers' packages take seconds to import: no question should wait for that. What is
    # wrong with the model, /readyz says so.
    with suppress(PlumbError):
        parts.answers.check()


@asynccontextmanager
async def _mcp(app: FastAPI, settings: Settings) -> AsyncIterator[None]:
    """Answer the Model Context Protocol inside the block, where the settings want it."""
    if not settings.serve.mcp:
        yield
        return
    # The SDK takes half a second to import.
    from app.mcp.http import session_manager
    from app.mcp.tools import Offer

    offer = Offer(app.state.parts, app.state.turns, app.state.source_views)
    app.state.mcp = manager = session_manager(offer, settings.serve.max_body_bytes)
    async with manager.run():
        yield


def _around_all(app: FastAPI, settings: Settings) -> None:
    """Put around the whole application what every response has to carry, errors nobody foresaw too.

    Starlette answers these outside of all middleware that is added to it.
    """
    build = app.build_middleware_stack

    def stack() -> ASGIApp:
        around = build()
        if settings.browser.origins:
            around = CORSMiddleware(
                around,
                allow_origins=settings.browser.origins,
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=["Authorization", "Content-Type", "X-API-Key", *MCP_HEADERS],
                expose_headers=["Location", "Retry-After", "WWW-Authenticate", RELEASE_HEADER],
            )
        around = SecurityHeaders(around, settings.browser.hsts_s, ("/docs", "/redoc"))
        return (
            around
            if settings.release is None
            else ReleaseHeader(around, release=settings.release.id)
        )

    app.build_middleware_stack = stack  # type: ignore[method-assign]


def _include(app: FastAPI, settings: Settings) -> None:
    """The routes, each behind the role that it takes."""
    guarded = problems.GUARDED
    for resource in (chat, search, source_views):
        app.include_router(resource.router, responses=guarded)
    for resource in (openai_chat, openai_responses, openai_embeddings):
        app.include_router(resource.router)
    app.include_router(openai_responses.stored, dependencies=READER_CHANGES)
    for changing in (batches, answers, sessions):
        app.include_router(changing.router, dependencies=READER_CHANGES, responses=guarded)
    app.include_router(document_sets.router, dependencies=READER, responses=guarded)
    for resource in (set_definitions, documents, publications, jobs):
        app.include_router(resource.router, dependencies=EDITOR, responses=guarded)
    if settings.serve.mcp:
        app.include_router(mcp.router)
        app.include_router(protected_resource.router)
    if settings.telemetry.metrics:
        app.include_router(metrics.router, dependencies=READER, responses=guarded)
    app.include_router(health.router)
    if settings.web.enabled:
        app.state.pages = pages.Pages(settings.web.language)
        pages.show_errors_as_pages(app)
        for page in (pages, sign_in, issuer_sign_in, chat_pages, conversations, sources):
            app.include_router(page.router)
        app.include_router(chat_pages.asking)
        for subject in administration.routers():
            app.include_router(subject)
