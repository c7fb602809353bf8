"""Errors as OpenAI's clients expect them, on the routes that speak OpenAI's API."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from app.api.problem import ProblemDetail

PATHS = ("/v1/chat/completions", "/v1/embeddings", "/v1/models", "/v1/responses")
BELOW = ("/v1/models/", "/v1/responses/")
CLIENT_ERRORS = 500


class ErrorDetails(BaseModel):
    """What went wrong."""

    message: str
    type: str
    param: str | None = None
    code: str


class OpenAIError(BaseModel):
    """An error, as OpenAI's API has it."""

    error: ErrorDetails


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": what,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/OpenAIError"}}},
    }
    for status, what in {
        401: "No key or token was sent, or none that counts.",
        403: "The caller may not do this.",
        404: "No such model, or no such response of the caller's.",
        409: "The document set was indexed with another embedding model.",
        413: "The request is larger than the limit.",
        422: "The request is not valid; `message` says what to fix.",
        429: "The caller asked too often; `Retry-After` says when to try again.",
        502: "The chat model did not answer.",
        503: "Something that answers depend on cannot be used right now.",
    }.items()
}


def speaks_openai(path: str) -> bool:
    """Whether a route's callers are OpenAI clients."""
    return path in PATHS or path.startswith(BELOW)


def error_of(problem: ProblemDetail) -> dict[str, Any]:
    """The body of the error; `code` is the last part of the problem's type."""
    code = problem.type.rpartition(":")[2]
    kind = "invalid_request_error" if problem.status < CLIENT_ERRORS else "server_error"
    return {"error": {"message": problem.detail, "type": kind, "param": None, "code": code}}
