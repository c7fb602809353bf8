"""What the service's description says can be sent: operations, their fields, and values that fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

# Names and numbers from the top of a body to a field.
Place: TypeAlias = tuple[str | int, ...]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# Deep enough for every schema here, and an end to those that hold themselves.
MOST_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a path.

    Attributes:
        method, path: in capitals; as the description has it, with {names}.
        path_values, query_values: values that fit, by the parameter's name.
        body: a body of JSON that fits; None: it takes none.
        form: fields of a form that fit, files as bytes; None: it takes none.
        required_query: names of query parameters that it cannot do without.
    """

    method: str
    path: str
    path_values: Mapping[str, str]
    query_values: Mapping[str, str]
    body: Any = None
    form: Mapping[str, str | bytes] | None = None
    required_query: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """How it is named in reports."""
        return f"{self.method} {self.path}"


def operations(description: Mapping[str, Any], known: Mapping[str, Any]) -> list[Operation]:
    """All operations of an OpenAPI description, those that take something away last.

    Args:
        known: values that fit, by a field's name, where its type alone does not say enough; before
            these count names with the operation's label before them: `GET /v1/jobs job_id`.
    """
    reader = _Reader(description, known)
    found = [
        reader.operation(method, path, described)
        for path, methods in description["paths"].items()
        for method, described in methods.items()
        if method in METHODS
    ]
    return sorted(found, key=lambda operation: operation.method == "DELETE")


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Where a value's fields are, itself included."""
    yield at
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places(item, (*at, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(item, (*at, number))


def put(value: Any, at: Place, new: Any) -> Any:
    """The value with another one at a place."""
    if not at:
        return new
    first, rest = at[0], at[1:]
    if isinstance(value, dict):
        return {**value, first: put(value[first], rest, new)}
    assert isinstance(first, int)
    return [*value[:first], put(value[first], rest, new), *value[first + 1 :]]


class _Reader:
    def __init__(self, description: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        self._description = description
        self._known = known
        self._label = ""

    def operation(self, method: str, path: str, described: Mapping[str, Any]) -> Operation:
        self._label = f"{method.upper()} {path}"
        fitting: dict[str, dict[str, str]] = {"path": {}, "query": {}}
        required = set()
        for parameter in described.get("parameters", ()):
            if parameter["in"] in fitting:
                value = self._fitting(parameter["schema"], parameter["name"], 0)
                fitting[parameter["in"]][parameter["name"]] = str(value)
            if parameter["in"] == "query" and parameter.get("required"):
                required.add(parameter["name"])
        content = described.get("requestBody", {}).get("content", {})
        body = form = None
        for media_type, given in content.items():
            value = self._fitting(given["schema"], "", 0)
            if media_type == "application/json":
                body = value
            else:
                form = {name: _form_value(item) for name, item in value.items()}
        values = (fitting["path"], fitting["query"], body, form)
        return Operation(method.upper(), path, *values, required_query=frozenset(required))

    def _fitting(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        """A value that fits a schema; of objects all fields."""
        for given in (f"{self._label} {name}", name):
            if given in self._known:
                return self._known[given]
        if "$ref" in schema:
            return self._fitting(self._referred(schema["$ref"]), name, depth + 1)
        if "const" in schema or schema.get("enum"):
            return schema["const"] if "const" in schema else schema["enum"][0]
        if ("format" in schema and schema["format"] == "binary") or "contentMediaType" in schema:
            return b"# A file\n\nThe depot opens at 05:30.\n"
        for choice in (
            *schema.get("anyOf", ()),
            *schema.get("oneOf", ()),
            *schema.get("allOf", ()),
        ):
            if choice.get("type") != "null":
                return self._fitting(choice, name, depth + 1)
        kind = schema.get("type")
        if kind == "object" and depth < MOST_DEPTH:
            fields = schema.get("properties", {})
            return {
                field: self._fitting(inner, field, depth + 1) for field, inner in fields.items()
            }
        if kind == "array" and depth < MOST_DEPTH:
            item = schema.get("items") or (schema.get("prefixItems") or [{}])[0]
            return [self._fitting(item, name, depth + 1)]
        if kind in ("integer", "number"):
            return schema.get("minimum", 1)
        simple = {"boolean": False, "object": {}, "array": [], "null": None}
        if kind in simple:
            return simple[kind]
        return "2026-04-01T00:00:00+00:00" if schema.get("format") == "date-time" else "depot"

    def _referred(self, reference: str) -> Mapping[str, Any]:
        found: Any = self._description
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert isinstance(found, dict)
        return found


def _form_value(value: Any) -> str | bytes:
    first = value[0] if isinstance(value, list) else value
    return first if isinstance(first, bytes) else str(first)
