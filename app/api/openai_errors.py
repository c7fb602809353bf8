"""Errors as OpenAI's clients expect them, on the routes that speak OpenAI's API."""

from __future__ import annotations

from typing import Any

from app.api.problem import Problem

PATHS = ("/v1/chat/completions", "/v1/models")
CLIENT_ERRORS = 500


def speaks_openai(path: str) -> bool:
    """Whether a route's callers are OpenAI clients."""
    return path in PATHS or path.startswith("/v1/models/")


def error_of(problem: Problem) -> dict[str, Any]:
    """The body of the error; `code` is the last part of the problem's type."""
    code = problem.type.rpartition(":")[2]
    kind = "invalid_request_error" if problem.status < CLIENT_ERRORS else "server_error"
    return {"error": {"message": problem.detail, "type": kind, "param": None, "code": code}}
