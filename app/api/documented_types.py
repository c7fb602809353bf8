"""Describe to OpenAPI what generated clients need, and FastAPI does not say of itself.

Nothing here changes what is sent or received.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from app.api.openai_errors import OpenAIError
from app.api.problem import ProblemDetail
from app.api.problems import MEDIA_TYPE as PROBLEM

JSON = "application/json"
EVENT_STREAM = "text/event-stream"
REF = "#/components/schemas/"
# What FastAPI calls classes that share a name: `app__answering__answer__Usage`.
SHARED_NAME = re.compile(r"(?:\w+?__)+(?P<module>\w+?)__(?P<name>\w+)")


def operation_id(route: APIRoute) -> str:
    """A route's name in generated clients: that of its function, which must be unique."""
    return route.name


def describe_types(app: FastAPI) -> None:
    """Have the application's description say so."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            description = describe()
            _shorten_names(description)
            schemas = description["components"]["schemas"]
            schemas.update(_schemas_of_errors())
            for operation in _operations(description):
                _describe_responses(operation["responses"], schemas)
            description["components"]["schemas"] = dict(sorted(schemas.items()))
            _require_what_is_always_sent(description)
        return describe()

    app.openapi = described  # type: ignore[method-assign]


def _schemas_of_errors() -> dict[str, Any]:
    """What routes refer to without telling FastAPI the model; see `problems.RESPONSES`."""
    _, described = models_json_schema(
        [(ProblemDetail, "serialization"), (OpenAIError, "serialization")],
        ref_template=REF + "{model}",
    )
    schemas: dict[str, Any] = jsonable_encoder(described["$defs"], exclude_none=True)
    return schemas


def _operations(description: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in description["paths"].values():
        yield from operations.values()


def _describe_responses(responses: Mapping[str, dict[str, Any]], schemas: dict[str, Any]) -> None:
    for response in responses.values():
        content = response.get("content", {})
        # FastAPI adds the media type of the route's answers; errors have one of their own.
        if PROBLEM in content:
            response["content"] = {PROBLEM: content[PROBLEM]}
            continue
        # `itemSchema` is of OpenAPI 3.2. Before it, `schema` describes one event.
        stream = content.get(EVENT_STREAM, {})
        if "itemSchema" in stream:
            stream.setdefault("schema", stream["itemSchema"])
            del stream["itemSchema"]
        if title := stream.get("schema", {}).get("title"):
            schemas[title] = stream["schema"]
            stream["schema"] = {"$ref": REF + title}


def _shorten_names(description: dict[str, Any]) -> None:
    """Call `app__answering__answer__Usage` `AnswerUsage`, after its module."""
    schemas = description["components"]["schemas"]
    short = {
        name: "".join(part.title() for part in found["module"].split("_")) + found["name"]
        for name in schemas
        if (found := SHARED_NAME.fullmatch(name))
    }
    short = {name: new for name, new in short.items() if new not in schemas}
    for one in _parts(description):
        name = str(one.get("$ref", "")).removeprefix(REF)
        if name in short:
            one["$ref"] = REF + short[name]
    description["components"]["schemas"] = {
        short.get(name, name): schema for name, schema in schemas.items()
    }


def _require_what_is_always_sent(description: Mapping[str, Any]) -> None:
    """A default is for what callers leave out; a response holds each of its fields."""
    schemas = description["components"]["schemas"]
    received: set[str] = set()
    sent: set[str] = set()
    for operation in _operations(description):
        asked = [operation.get("requestBody", {}), operation.get("parameters", [])]
        received |= _reached(asked, schemas)
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                sent |= _reached(response.get("content", {}).get(JSON, {}), schemas)
    for name in sent - received:
        if fields := schemas[name].get("properties"):
            schemas[name]["required"] = list(fields)


def _reached(part: Any, schemas: Mapping[str, Any]) -> set[str]:
    """Names of the schemas that a part of the description refers to, and they in turn."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        for one in _parts(waiting.pop()):
            name = str(one.get("$ref", "")).removeprefix(REF)
            if name in schemas and name not in found:
                found.add(name)
                waiting.append(schemas[name])
    return found


def _parts(part: Any) -> Iterator[dict[str, Any]]:
    """All objects within a part of the description, itself included."""
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from _parts(value)
    elif isinstance(part, list):
        for value in part:
            yield from _parts(value)
