"""Null for an optional field means that it is left out: every field of every body of JSON.

The fields come from the service's own description, so that a new one is swept too.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings.tree import load_settings

SETS = "/v1/document-sets"
WHEN = "When does the Kestrel depot open?"
Place = tuple[str, ...]
DEFINITION: dict[str, Any] = {
    "document_set": "manuals",
    "sources": [{"url": "shared", "records": {"title": "name"}}],
    "golden": [{"question": WHEN, "document": "hours.html", "quote": "opens at 05:30"}],
    "chunking": {},
    "embedding": {},
    "checks": {},
}
# A body for each route, in which every object that may hold an optional field stands.
BODIES: dict[str, dict[str, Any]] = {
    "post /v1/chat": {"question": WHEN, "options": {}},
    "post /v1/chat/completions": {
        "model": "plumb/depot",
        "messages": [
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": [{"type": "text", "text": WHEN}]},
        ],
        "stream_options": {},
    },
    "patch /v1/sessions/{session_id}": {"title": "Warranty"},
    "post /v1/responses": {
        "model": "plumb/depot",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": WHEN}]}],
    },
    "post /v1/embeddings": {"model": "plumb/depot", "input": [WHEN]},
    # A set that is not there: no question is asked.
    "post /v1/batches": {
        "document_set": "none",
        "questions": [{"question": WHEN, "document_set": "none"}],
    },
    "post /v1/answers/{answer_id}/feedback": {"thumb": "up"},
    f"post {SETS}": DEFINITION,
    f"put {SETS}/{{name}}": DEFINITION,
    f"post {SETS}/{{name}}/publish": {"version": "99-none"},
    f"post {SETS}/{{name}}/rollback": {"version": "99-none"},
    f"post {SETS}/{{name}}/sync": {},
}
# Where null is a value of its own, which says something else than nothing.
MEANS_SOMETHING: list[tuple[str, Place]] = [
    (route, place)
    for route in (f"post {SETS}", f"put {SETS}/{{name}}")
    for place in [("sources", "records", "title"), ("chunking", "language")]
]


def _described() -> dict[str, list[Place]]:
    """The optional fields of each route's body."""
    described = create_app(load_settings({})).openapi()
    schemas = described["components"]["schemas"]

    def walk(schema: dict[str, Any], place: Place) -> Iterator[Place]:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        for one in [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]:
            yield from walk(one, place)
        if isinstance(schema.get("items"), dict):
            yield from walk(schema["items"], place)
        for name, field in schema.get("properties", {}).items():
            if name not in schema.get("required", ()):
                yield (*place, name)
            yield from walk(field, (*place, name))

    found: dict[str, list[Place]] = {}
    for path, operations in described["paths"].items():
        for verb, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                places = walk(content["application/json"]["schema"], ())
                found[f"{verb} {path}"] = sorted(set(places))
    return found


@pytest.fixture(scope="module")
def routes() -> dict[str, list[Place]]:
    return _described()


def test_every_body_of_json_is_swept(routes) -> None:
    assert routes.keys() == BODIES.keys()
    assert sum(map(len, routes.values())) > 80


@pytest.mark.usefixtures("warm_processes")
def test_null_counts_as_left_out(make_parts, routes, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    settings = make_parts(
        sync__allowed_roots=[str(tmp_path)], limits__per_minute=0, limits__changes_per_minute=0
    ).settings
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        answer = client.post("/v1/chat", json={"question": WHEN}).json()

        def send(route: str, body: dict[str, Any], name: str) -> tuple[int, Any]:
            verb, path = route.replace("{answer_id}", answer["id"]).split()
            body = copy.deepcopy(body)
            if body.get("document_set") == "manuals":
                body["document_set"] = name
            for source in body.get("sources") or ():
                if source.get("url"):
                    source["url"] = str(shared)
            response = client.request(verb, path.replace("{name}", name), json=body)
            assert response.status_code < 500, (route, response.text)
            assert response.status_code != 429, route
            return response.status_code, _said(response.json(), name)

        every = [(route, place) for route, places in routes.items() for place in places]
        for number, (route, place) in enumerate(every):
            base = BODIES[route]
            assert _change(base, place, lambda _: None), f"{route}: a body with {place} is missing"
            if (route, place) in MEANS_SOMETHING:
                continue
            left_out, null = copy.deepcopy(base), copy.deepcopy(base)
            _change(left_out, place, lambda holder, name=place[-1]: holder.pop(name, None))
            _change(null, place, lambda holder, name=place[-1]: holder.update({name: None}))
            expected = send(route, left_out, f"left-out-{number}")
            assert send(route, null, f"null-{number}") == expected, (route, place)


def _change(body: dict[str, Any], place: Place, change: Any) -> bool:
    """Change each object that holds the field; whether there is one."""
    holders: list[Any] = [body]
    for name in place[:-1]:
        below = [holder.get(name) for holder in holders if isinstance(holder, dict)]
        holders = [
            one for value in below for one in (value if isinstance(value, list) else [value])
        ]
    changed = False
    for holder in holders:
        if isinstance(holder, dict):
            change(holder)
            changed = True
    return changed


def _said(body: dict[str, Any], name: str) -> Any:
    """What of a response does not change from one time to the next."""
    kept = ("answer", "definition", "detail", "error", "choices", "data", "thumb", "reason")
    said = {key: body[key] for key in kept if key in body}
    if isinstance(output := body.get("output"), list) and output:
        said["text"] = output[0]["content"]
    return str(said).replace(name, "NAME")
