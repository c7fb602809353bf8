"""Every error as a problem detail (RFC 9457)."""

from __future__ import annotations

import http
import logging
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.api import openai_errors
from app.api.early_refusals import REFUSED_FOR_S
from app.api.problem import ProblemDetail
from app.callers import Caller
from app.configuration.redaction import Redactor
from app.errors import (
    UNFORESEEN,
    AccessDenied,
    AccessError,
    BatchError,
    CacheUnavailable,
    CannotReplay,
    CannotResume,
    ChatModelDeclined,
    ChatModelFailed,
    ChatModelResting,
    ChatModelUnknown,
    ConversationWentOn,
    DocumentChanged,
    DocumentSetExists,
    HistoryEdited,
    InvalidQuestion,
    InvalidRequest,
    IssuerUnavailable,
    JobHasEnded,
    JobIsActive,
    JobsUnavailable,
    NotAuthenticated,
    OriginalNotShown,
    SessionsUnavailable,
    StoreUnavailable,
    TooBusy,
    TooManyRequests,
    UnknownAnswer,
    UnknownBatch,
    UnknownDocument,
    UnknownJob,
    UnknownModel,
    UnknownRelease,
    UnknownReport,
    UnknownSession,
    UnknownUpload,
    UploadsUnavailable,
    message_for_administrators,
    message_for_readers,
)
from ingestion.errors import (
    IndexUnavailable,
    InvalidFilter,
    InvalidSetName,
    ModelMismatch,
    PublishRefused,
    SetIsLeased,
    SourceError,
    UnknownDocumentSet,
    UnknownVersion,
    UnsupportedFormat,
)
from ingestion.index.storable_values import shown
from prompts.errors import AliasesLocked, MoveRefused, PlumbError, PromptError

logger = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = "5"
INVALID_REQUEST = ("invalid-request", "Invalid request")
MCP_PATH = "/mcp"
# JSON-RPC leaves this code to servers.
SERVER_ERROR = -32000
# A response lists at most so many faults of a request, and a detail has at most so many characters.
MOST_DETAILS = 10
MOST_DETAIL = 2000

STATUS: dict[type[PlumbError], int] = {
    InvalidQuestion: 422,
    InvalidFilter: 422,
    InvalidRequest: 422,
    BatchError: 422,
    ChatModelDeclined: 422,
    InvalidSetName: 422,
    PromptError: 422,
    SourceError: 422,
    UnsupportedFormat: 422,
    NotAuthenticated: 401,
    AccessDenied: 403,
    UnknownDocumentSet: 404,
    UnknownVersion: 404,
    UnknownUpload: 404,
    UnknownJob: 404,
    UnknownModel: 404,
    UnknownRelease: 404,
    UnknownReport: 404,
    UnknownSession: 404,
    UnknownAnswer: 404,
    UnknownBatch: 404,
    UnknownDocument: 404,
    DocumentChanged: 404,
    OriginalNotShown: 404,
    DocumentSetExists: 409,
    JobIsActive: 409,
    JobHasEnded: 409,
    SetIsLeased: 409,
    PublishRefused: 409,
    MoveRefused: 409,
    CannotReplay: 409,
    CannotResume: 409,
    HistoryEdited: 409,
    ConversationWentOn: 409,
    AliasesLocked: 409,
    ModelMismatch: 409,
    TooManyRequests: 429,
    IndexUnavailable: 503,
    IssuerUnavailable: 503,
    TooBusy: 503,
    CacheUnavailable: 503,
    JobsUnavailable: 503,
    StoreUnavailable: 503,
    UploadsUnavailable: 503,
    ChatModelUnknown: 503,
    ChatModelResting: 503,
    SessionsUnavailable: 503,
    ChatModelFailed: 502,
}


class InvalidInput(HTTPException):
    """A body that cannot be read as it stands; FastAPI passes on nothing but HTTP errors."""

    def __init__(self, detail: str) -> None:
        super().__init__(422, detail)


def _response(what: str) -> dict[str, Any]:
    # Without `model`, of which FastAPI would make a field for each route and status, in each application.
    return {
        "description": what,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetail"}}},
    }


RESPONSES: dict[int | str, dict[str, Any]] = {
    422: _response("The request is not valid; `detail` says what to fix."),
    503: _response("Something that answers depend on cannot be used right now."),
}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: _response("No such document set.")}
GUARDED: dict[int | str, dict[str, Any]] = {
    401: _response("No key or token was sent, or none that counts."),
    403: _response("The caller may not do this."),
    429: _response("The caller asked too often; `Retry-After` says when to try again."),
}
CONFLICT: dict[int | str, dict[str, Any]] = {
    409: _response("It does not go together with what is there now; `detail` says with what.")
}
UPLOADING: dict[int | str, dict[str, Any]] = {
    **NOT_FOUND,
    413: _response("The upload is larger than the limit."),
}
UNKNOWN_SESSION: dict[int | str, dict[str, Any]] = {404: _response("No such session.")}
UNKNOWN_ANSWER: dict[int | str, dict[str, Any]] = {
    404: _response("No such answer, or it is another caller's.")
}
UNKNOWN_BATCH: dict[int | str, dict[str, Any]] = {
    404: _response("No such batch, or it is another caller's.")
}
UNKNOWN_DOCUMENT: dict[int | str, dict[str, Any]] = {
    404: _response(
        "No such document for this caller, or it has changed and the cited words are gone."
    )
}
UNKNOWN_JOB: dict[int | str, dict[str, Any]] = {404: _response("No such job.")}
ANSWERING: dict[int | str, dict[str, Any]] = {
    **NOT_FOUND,
    409: _response("The document set was indexed with another embedding model."),
    413: _response("The request is larger than the limit."),
    502: _response("The chat model did not answer."),
}


def install(app: FastAPI, redact: Redactor) -> None:
    """Turn every error of the application into a problem detail, without secrets of the settings."""
    app.state.redact = redact
    app.add_exception_handler(PlumbError, plumb_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(InvalidInput, _invalid_input)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unforeseen)


def problem_of(
    error: PlumbError, instance: str, shown: Callable[[Exception], str] = message_for_readers
) -> ProblemDetail:
    """The problem that an error is.

    Messages of servers, databases and providers go to the log; readers learn only what does not work.

    Args:
        shown: the message that the caller gets.
    """
    kind = next((kind for kind in type(error).__mro__ if kind in STATUS), None)
    status = STATUS[kind] if kind else 500
    name = _kebab(type(error).__name__)
    # Callers can cause these as often as they like. That the service is busy is no failure of it,
    # and that the issuer is away stands in the log of `app.security.signing_keys`.
    is_logged = not isinstance(error, TooBusy | IssuerUnavailable)
    if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR and is_logged:
        logger.error("%s: %s", name, error)
    return _detail(status, name, name.replace("-", " ").capitalize(), shown(error), instance)


def problem(status: int, name: str, title: str, detail: str, instance: str) -> JSONResponse:
    """The response that carries a problem."""
    return _response_of(_detail(status, name, title, detail, instance))


def _detail(status: int, name: str, title: str, detail: str, instance: str) -> ProblemDetail:
    """The problem; what it quotes of the request is encodable, on one line, and bounded."""
    return ProblemDetail(
        type=f"urn:plumbline:problem:{name}",
        title=title,
        status=status,
        detail=shown(detail, MOST_DETAIL),
        instance=shown(instance, MOST_DETAIL),
    )


def _response_of(body: ProblemDetail) -> JSONResponse:
    is_passing = body.status == http.HTTPStatus.SERVICE_UNAVAILABLE
    headers = {"Retry-After": RETRY_AFTER_S} if is_passing else None
    if body.instance == MCP_PATH:
        return JSONResponse(_as_json_rpc(body), body.status, headers)
    if openai_errors.speaks_openai(body.instance):
        return JSONResponse(openai_errors.error_of(body), body.status, headers)
    return JSONResponse(body.model_dump(), body.status, headers, media_type=MEDIA_TYPE)


def _as_json_rpc(body: ProblemDetail) -> dict[str, Any]:
    """The error as clients of the Model Context Protocol read it, whatever the status says.

    It has no id: the request was refused before it was read.
    """
    error = {"code": SERVER_ERROR, "message": body.detail, "data": body.model_dump()}
    return {"jsonrpc": "2.0", "id": None, "error": error}


def problem_for(error: PlumbError, request: Request) -> ProblemDetail:
    """The problem that an error is, as the caller of this request may read it."""
    caller: Caller | None = getattr(request.state, "caller", None)
    is_administrator = caller is not None and caller.may("admin")
    shown = message_for_administrators if is_administrator else message_for_readers
    body = problem_of(error, request.scope["path"], shown)
    redact: Redactor = request.app.state.redact
    return body.model_copy(update={"detail": redact(body.detail)})


# These are coroutines, so that no thread is needed to say that the service is busy.
async def plumb_error(request: Request, error: Exception) -> JSONResponse:
    """The response to an error of ours."""
    assert isinstance(error, PlumbError)  # noqa: S101 (the handler is only given these)
    response = _response_of(problem_for(error, request))
    if isinstance(error, AccessError):
        response.headers.update(_access_headers(error, request))
        if isinstance(error, TooManyRequests | TooBusy) and error.retry_after_s is not None:
            setattr(request.state, REFUSED_FOR_S, error.retry_after_s)
    return response


def _access_headers(error: AccessError, request: Request) -> dict[str, str]:
    if error.retry_after_s is not None:
        return {"Retry-After": str(error.retry_after_s)}
    if not isinstance(error, NotAuthenticated):
        return {}
    shown = "authorization" in request.headers or "x-api-key" in request.headers
    said = ['error="invalid_token"'] if shown else []
    # Assistants find their way to the issuer by it.
    if request.scope["path"] == MCP_PATH and request.app.state.protected_resource is not None:
        said.append(request.app.state.protected_resource.challenge(request))
    return {"WWW-Authenticate": f"Bearer {', '.join(said)}".rstrip()}


def what_is_invalid(error: RequestValidationError) -> str:
    """What is wrong with a request, field by field."""
    parts = []
    for found in error.errors():
        where = ".".join(shown(str(part)) for part in found["loc"] if part != "body")
        parts.append(f"{where or 'the body'}: {found['msg']}")
    if len(parts) > MOST_DETAILS:
        parts[MOST_DETAILS:] = [f"and {len(parts) - MOST_DETAILS} more"]
    return "; ".join(parts)


async def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (the handler is only given these)
    detail = what_is_invalid(error)
    return problem(422, *INVALID_REQUEST, detail, request.scope["path"])


async def _invalid_input(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, InvalidInput)  # noqa: S101
    return problem(422, *INVALID_REQUEST, str(error.detail), request.scope["path"])


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    title = http.HTTPStatus(error.status_code).phrase
    response = problem(
        error.status_code,
        _kebab(title.replace(" ", "")),
        title,
        str(error.detail),
        request.scope["path"],
    )
    response.headers.update(error.headers or {})
    return response


async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    path = request.scope["path"]
    logger.error("unforeseen error at %s", shown(path, MOST_DETAIL), exc_info=error)
    return problem(500, "unforeseen", "Internal Server Error", UNFORESEEN, path)


def _kebab(name: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))
