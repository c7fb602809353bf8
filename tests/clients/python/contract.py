"""Hold what the client sends and expects against the service's OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args
from urllib.parse import parse_qsl, unquote

import httpx
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from pydantic.fields import FieldInfo


class Contract:
    """An OpenAPI document, asked about requests and models.

    Args:
        document: the document.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._schemas = document["components"]["schemas"]

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """The operation that a request is, by its path; paths without parameters come first."""
        templates = sorted(self._document["paths"], key=lambda one: one.count("{"))
        for template in templates:
            pattern = re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(template))
            operations = self._document["paths"][template]
            if re.fullmatch(pattern, path) and method.lower() in operations:
                return operations[method.lower()]
        raise AssertionError(f"{method} {path} is no operation of the API")

    def faults_of_request(self, request: httpx.Request) -> list[str]:
        """What is wrong with a request."""
        operation = self.operation(request.method, request.url.raw_path.decode().partition("?")[0])
        parameters = {
            one["name"]: one for one in operation.get("parameters", []) if one["in"] == "query"
        }
        faults = []
        for name, value in parse_qsl(request.url.query.decode(), keep_blank_values=True):
            if name not in parameters:
                faults.append(f"query {name}: no such parameter")
                continue
            faults += self._faults(
                _typed(value), parameters[name]["schema"], f"query {name}", value
            )
        body = operation.get("requestBody")
        kind = request.headers.get("content-type", "").partition(";")[0]
        if kind and body is None:
            return [*faults, "a body where the operation has none"]
        if kind and kind not in body["content"]:
            return [*faults, f"a body of {kind}"]
        if kind == "application/json":
            schema = body["content"][kind]["schema"]
            faults += self._faults(json.loads(request.content), schema, "body")
            faults += self._unknown(json.loads(request.content), schema, "body")
        elif kind:
            known = self._resolved(body["content"][kind]["schema"])["properties"]
            sent = set(re.findall(rb'form-data; name="(\w+)"', request.read()))
            faults += [f"form field {name!r}" for name in sent if name.decode() not in known]
        return faults

    def faults_of_response(self, response: httpx.Response, content: bytes) -> list[str]:
        """What of a response is not as the document says."""
        path = response.request.url.raw_path.decode().partition("?")[0]
        described = self.operation(response.request.method, path)["responses"]
        kind = response.headers.get("content-type", "").partition(";")[0]
        found = described.get(str(response.status_code))
        if found is None:
            return [f"status {response.status_code}"]
        if not content:
            return []
        if kind not in found.get("content", {}):
            return [f"media type {kind}"]
        if kind != "application/json":
            return []
        return self._faults(json.loads(content), found["content"][kind]["schema"], "response")

    def faults_of_model(self, model: type[BaseModel], method: str, path: str) -> list[str]:
        """Fields of a client's model that a response of an operation does not have."""
        responses = self.operation(method, path)["responses"]
        status = min(one for one in responses if one.startswith("2"))
        content = responses[status]["content"]["application/json"]
        return list(self._faults_of_model(model, content["schema"], model.__name__))

    def faults_of_schema(self, model: type[BaseModel], name: str) -> list[str]:
        """Fields of a client's model that a named schema does not have."""
        return list(self._faults_of_model(model, self._schemas[name], model.__name__))

    def _faults_of_model(
        self, model: type[BaseModel], schema: Mapping[str, Any], place: str
    ) -> Iterator[str]:
        schema = self._object(schema)
        fields = schema.get("properties", {})
        for name, field in model.model_fields.items():
            if name not in fields:
                yield f"{place}.{name} is not in the API"
                continue
            if field.is_required() and name not in schema.get("required", ()):
                yield f"{place}.{name} may be missing in the API"
            for inner in _models_of(field):
                yield from self._faults_of_model(inner, fields[name], f"{place}.{name}")

    def _object(
        self, schema: Mapping[str, Any], within: tuple[str, ...] = ("items", "additionalProperties")
    ) -> Mapping[str, Any]:
        """The object within lists, mappings, and what may be null."""
        schema = self._resolved(schema)
        for one in schema.get("anyOf", ()):
            found = self._object(one, within)
            if "properties" in found:
                return found
        for key in within:
            if isinstance(schema.get(key), dict) and "properties" not in schema:
                return self._object(schema[key], within)
        return schema

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    def _unknown(self, value: Any, schema: Mapping[str, Any], place: str) -> list[str]:
        """Fields of what is sent that its schema does not name."""
        # What a mapping may hold is checked by its schema alone.
        schema = self._object(schema, within=("items",))
        if isinstance(value, list):
            return [fault for one in value for fault in self._unknown(one, schema, place)]
        if not isinstance(value, dict) or "properties" not in schema:
            return []
        faults = [
            f"{place}.{name}: no such field" for name in value if name not in schema["properties"]
        ]
        for name, part in value.items():
            if name in schema["properties"]:
                faults += self._unknown(part, schema["properties"][name], f"{place}.{name}")
        return faults

    def _faults(self, value: Any, schema: Mapping[str, Any], place: str, *more: Any) -> list[str]:
        """What is wrong with a value; one of several readings of it must fit."""
        whole = {**schema, "components": self._document["components"]}
        validator = Draft202012Validator(whole)
        tried = [[f"{place}: {one.message[:200]}" for one in validator.iter_errors(each)]
                 for each in (value, *more)]  # fmt: skip
        return min(tried, key=len)


def _typed(value: str) -> Any:
    """A query's value as what it stands for."""
    try:
        return json.loads(unquote(value))
    except ValueError:
        return value


def _models_of(field: FieldInfo) -> Iterator[type[BaseModel]]:
    waiting = [field.annotation]
    while waiting:
        one = waiting.pop()
        if isinstance(one, type) and issubclass(one, BaseModel):
            yield one
        waiting += get_args(one)
