"""The OpenAPI description: what clients are generated from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from app.main import create_app
from app.settings.tree import load_settings

DESCRIBE = (
    "import json; from app.main import create_app; from app.settings.tree import load_settings; "
    "print(json.dumps(create_app(load_settings({})).openapi()))"
)


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return create_app(load_settings({})).openapi()


def operations(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_each_operation_has_a_short_name_of_its_own(description) -> None:
    names = [operation["operationId"] for _, operation in operations(description)]
    assert len(names) == len(set(names)) > 30
    assert [name for name in names if "_v1" in name or not name.isidentifier()] == []
    assert {"chat", "define_document_set", "follow_job", "get_answer"} <= set(names)


def test_every_response_says_what_it_is(description) -> None:
    vague = [
        f"{where} {status} {media_type}"
        for where, operation in operations(description)
        for status, response in operation["responses"].items()
        for media_type, content in response.get("content", {}).items()
        if not content.get("schema")
    ]
    assert vague == []
    without = {
        where
        for where, operation in operations(description)
        for status, response in operation["responses"].items()
        if status.startswith("2") and status != "204" and not response.get("content")
    }
    assert without == set()


def test_errors_have_the_media_type_that_is_sent(description) -> None:
    for where, operation in operations(description):
        for status, response in operation["responses"].items():
            if status.startswith(("4", "5")) and "ProblemDetail" in json.dumps(response):
                assert list(response["content"]) == ["application/problem+json"], (where, status)


def test_schemas_are_named_for_people(description) -> None:
    names = description["components"]["schemas"].keys()
    assert [name for name in names if "__" in name] == []
    assert {"AnswerUsage", "CompletionUsage", "ChatEvent", "JobEvent"} <= names
    assert "itemSchema" not in json.dumps(description), "a word of OpenAPI 3.2 in a document of 3.1"


def test_what_is_always_sent_is_required_and_what_may_be_left_out_is_not(description) -> None:
    schemas = description["components"]["schemas"]
    assert set(schemas["Turn"]["required"]) == set(schemas["Turn"]["properties"])
    assert schemas["ChatRequest"]["required"] == ["question"]
    # What may be left out of a request stands in the job that is received, null or not.
    assert "required" not in schemas["SyncRequest-Input"]


def test_events_of_a_streamed_answer_are_described(description) -> None:
    events = description["components"]["schemas"]["ChatEvent"]["oneOf"]
    found = {one["properties"]["event"]["const"]: one["properties"]["data"] for one in events}
    assert list(found) == ["passages", "token", "answer", "error"]
    assert found["answer"]["contentSchema"] == {"$ref": "#/components/schemas/Turn"}


def test_the_description_is_the_same_each_time_and_in_each_process(description) -> None:
    app = create_app(load_settings({}))
    assert app.openapi() == app.openapi() == description
    elsewhere = subprocess.run(
        [sys.executable, "-c", DESCRIBE],
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert elsewhere.stdout.strip() == json.dumps(description)
