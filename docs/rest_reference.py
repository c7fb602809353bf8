"""The reference pages of the REST API, from the service's OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import docstring_parser

from docs.reference_markdown import anchor, cell, page, table


def rest_pages(document: dict[str, Any]) -> dict[str, str]:
    """An overview, a page for each tag, and a page of the objects that requests and responses hold."""
    document = _with_short_names(document)
    by_tag: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    routes = [
        (
            f"[`{method} {path}`]({_slug(tag)}.md#{anchor(f'{method} {path}')})",
            tag,
            operation["summary"],
        )
        for tag, operations in by_tag.items()
        for method, path, operation in operations
    ]
    found = {
        "rest/index.md": page(
            [
                "# REST API",
                "Generated from the service's OpenAPI document, which a running service serves at "
                "`/openapi.json` and shows at `/docs`. [Use the REST API](../../how-to/use-the-rest-api.md) "
                "has examples; [Problem types](../problem-types.md) lists the errors.",
                table(("Route", "Page", "What it does"), routes),
            ]
        ),
        "rest/objects.md": _objects_page(document["components"]["schemas"]),
    }
    for tag, operations in by_tag.items():
        parts = [f"# {tag[0].upper()}{tag[1:]}"]
        for method, path, operation in operations:
            parts += _operation(method, path, operation)
        found[f"rest/{_slug(tag)}.md"] = page(parts)
    return found


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"## {method} {path}"
    yield f"**{operation['summary']}.** {operation.get('description', '')}".strip()
    if parameters := operation.get("parameters"):
        rows = [
            (
                f"`{one['name']}`",
                one["in"],
                _schema_type(one["schema"]),
                "yes" if one.get("required") else "no",
                cell(one.get("description", "")),
            )
            for one in parameters
        ]
        yield table(("Parameter", "In", "Type", "Required", "Meaning"), rows)
    if body := operation.get("requestBody"):
        for media_type, content in body["content"].items():
            yield f"Request body (`{media_type}`): {_schema_type(content['schema'])}."
    statuses = []
    for status, response in sorted(operation["responses"].items()):
        kinds = {
            f"`{media_type}`: {_schema_type(content.get('schema', {}))}"
            for media_type, content in response.get("content", {}).items()
            if int(status) < 400
        }
        body_shown = "; ".join(sorted(kinds)) or (
            "problem detail" if int(status) >= 400 else "none"
        )
        statuses.append((status, cell(response["description"]), body_shown))
    yield table(("Status", "Meaning", "Body"), statuses)


def _objects_page(schemas: dict[str, Any]) -> str:
    parts = ["# Objects", "What requests and responses are made of."]
    for name, schema in sorted(schemas.items(), key=lambda item: item[0].lower()):
        about = docstring_parser.parse(schema.get("description", ""))
        meanings = {one.arg_name: one.description or "" for one in about.params}
        text = "\n\n".join(filter(None, (about.short_description, about.long_description)))
        parts += [f"## {name}", *([text] if text else [])]
        if "enum" in schema:
            parts.append("One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + ".")
        if "oneOf" in schema:
            parts.append(table(("`event`", "`data`, as JSON text"), _events(schema)))
        required = schema.get("required", ())
        rows = [
            (
                f"`{field}`",
                _schema_type(content),
                "yes" if field in required else "no",
                _sentence(content.get("description") or meanings.get(field, "")),
            )
            for field, content in schema.get("properties", {}).items()
        ]
        if rows:
            parts.append(table(("Field", "Type", "Required", "Meaning"), rows))
    return page(parts)


def _events(schema: dict[str, Any]) -> list[tuple[str, str]]:
    """The events of a stream: the name of each, and what its data is."""
    fields = [event["properties"] for event in schema["oneOf"]]
    return [
        (_schema_type(one["event"]), _schema_type(one["data"]["contentSchema"])) for one in fields
    ]


def _schema_type(schema: dict[str, Any]) -> str:
    """A JSON Schema's type in a few words, with a link where it is an object of its own."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](objects.md#{anchor(name)})"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    for kind in ("anyOf", "oneOf"):
        if kind in schema:
            return " or ".join(dict.fromkeys(_schema_type(one) for one in schema[kind]))
    if len(schema.get("allOf", ())) == 1:
        return _schema_type(schema["allOf"][0])
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_schema_type(schema.get('items', {}))}"
    bounds = [
        f"{word} {schema[key]}"
        for key, word in (("minimum", "from"), ("maximum", "to"), ("maxLength", "up to"))
        if key in schema
    ]
    words = {
        "string": "text",
        "integer": "whole number",
        "boolean": "true or false",
        "object": "object",
    }
    return " ".join([words.get(kind, kind), *bounds])


def _with_short_names(document: dict[str, Any]) -> dict[str, Any]:
    """The document with its forms named `Form of`, where FastAPI writes `Body_`."""
    names = {
        name: f"Form of {form[1]}"
        for name in document["components"]["schemas"]
        if (form := re.fullmatch(r"Body_(.+)", name))
    }
    text = json.dumps(document)
    for name, short in names.items():
        text = text.replace(f'"{name}": {{', f'"{short}": {{')
        text = text.replace(f'"#/components/schemas/{name}"', f'"#/components/schemas/{short}"')
    renamed: dict[str, Any] = json.loads(text)
    return renamed


def _sentence(docstring: str) -> str:
    """A line of a Python docstring as a cell about JSON."""
    text = re.sub(r"\bNone\b", "null", cell(docstring))
    return text[:1].upper() + text[1:]


def _slug(tag: str) -> str:
    return tag.lower().replace(" ", "-")
