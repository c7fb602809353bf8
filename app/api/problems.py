"""Every error as a problem detail (RFC 9457)."""

from __future__ import annotations

import http
import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.errors import (
    AdministrationRefused,
    CacheUnavailable,
    ChatModelFailed,
    ChatModelUnknown,
    DocumentSetExists,
    InvalidQuestion,
    InvalidRequest,
    JobIsActive,
    JobsUnavailable,
    StoreUnavailable,
    UnknownJob,
    UnknownUpload,
    UploadsUnavailable,
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
from prompts.errors import PlumbError, PromptError

logger = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = "5"

STATUS: dict[type[PlumbError], int] = {
    InvalidQuestion: 422,
    InvalidFilter: 422,
    InvalidRequest: 422,
    InvalidSetName: 422,
    PromptError: 422,
    SourceError: 422,
    UnsupportedFormat: 422,
    AdministrationRefused: 403,
    UnknownDocumentSet: 404,
    UnknownVersion: 404,
    UnknownUpload: 404,
    UnknownJob: 404,
    DocumentSetExists: 409,
    JobIsActive: 409,
    SetIsLeased: 409,
    PublishRefused: 409,
    ModelMismatch: 409,
    IndexUnavailable: 503,
    CacheUnavailable: 503,
    JobsUnavailable: 503,
    StoreUnavailable: 503,
    UploadsUnavailable: 503,
    ChatModelUnknown: 503,
    ChatModelFailed: 502,
}


class Problem(BaseModel):
    """An error, as RFC 9457 has it.

    Attributes:
        type: a URN that names the kind of problem, for programs.
        title: the kind of problem, for people.
        status: the HTTP status.
        detail: what is wrong with this request, and the mend.
        instance: the path that was asked for.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str


def _response(what: str) -> dict[str, Any]:
    return {
        "model": Problem,
        "description": what,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


RESPONSES: dict[int | str, dict[str, Any]] = {
    422: _response("The request means nothing as it stands; `detail` says what to mend."),
    503: _response("Something that answers depend on cannot be used right now."),
}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: _response("No such document set.")}
ADMINISTRATION: dict[int | str, dict[str, Any]] = {
    403: _response("Document sets are not administered over REST by this caller.")
}
CONFLICT: dict[int | str, dict[str, Any]] = {
    409: _response("It does not go together with what is there now; `detail` says with what.")
}
UPLOADING: dict[int | str, dict[str, Any]] = {
    **NOT_FOUND,
    413: _response("The upload is larger than the bound."),
}
UNKNOWN_JOB: dict[int | str, dict[str, Any]] = {404: _response("No such job.")}
ANSWERING: dict[int | str, dict[str, Any]] = {
    **NOT_FOUND,
    409: _response("The document set was indexed with another embedding model."),
    413: _response("The request is larger than the bound."),
    502: _response("The chat model did not answer."),
}


def install(app: FastAPI) -> None:
    """Turn every error of the application into a problem detail."""
    app.add_exception_handler(PlumbError, _plumb_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unforeseen)


def problem(status: int, name: str, title: str, detail: str, instance: str) -> JSONResponse:
    """The response that carries a problem."""
    body = Problem(
        type=f"urn:plumbline:problem:{name}",
        title=title,
        status=status,
        detail=detail,
        instance=instance,
    )
    headers = (
        {"Retry-After": RETRY_AFTER_S} if status == http.HTTPStatus.SERVICE_UNAVAILABLE else None
    )
    return JSONResponse(body.model_dump(), status, headers, media_type=MEDIA_TYPE)


def _plumb_error(request: Request, error: Exception) -> JSONResponse:
    kind = next((kind for kind in type(error).__mro__ if kind in STATUS), None)
    status = STATUS[kind] if kind else 500
    name = _kebab(type(error).__name__)
    if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s: %s", name, error)
    return problem(status, name, name.replace("-", " ").capitalize(), str(error), request.url.path)


def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (the handler is only given these)
    parts = []
    for found in error.errors():
        where = ".".join(str(part) for part in found["loc"] if part != "body")
        parts.append(f"{where}: {found['msg']}" if where else str(found["msg"]))
    return problem(422, "invalid-request", "Invalid request", "; ".join(parts), request.url.path)


def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    title = http.HTTPStatus(error.status_code).phrase
    response = problem(
        error.status_code,
        _kebab(title.replace(" ", "")),
        title,
        str(error.detail),
        request.url.path,
    )
    response.headers.update(error.headers or {})
    return response


def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    logger.error("unforeseen error at %s", request.url.path, exc_info=error)
    detail = "The service failed in a way nobody foresaw; its log has the details."
    return problem(500, "unforeseen", "Internal Server Error", detail, request.url.path)


def _kebab(name: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))
