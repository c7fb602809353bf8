"""Hostile values in every field of every route: a part of the benchmark `hostile_values`, by a seed.

`PLUMB_TEST_SWEEP` sets how many requests each sweep sends.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from evals.benchmarks.hostile_values import reader_key
from evals.benchmarks.sweeping.operations import Operation, operations, places, put
from evals.benchmarks.sweeping.requests import Response, hostile, trouble
from evals.benchmarks.sweeping.sweep import depot_settings, sweep
from ingestion.embedding.embedder import Embedder

pytestmark = pytest.mark.load

REQUESTS = int(os.environ.get("PLUMB_TEST_SWEEP", "600"))
NEVER_ACCEPTED = {
    # No sync is started, since each is a process; so nothing follows a job either.
    "POST /v1/document-sets/{name}/sync",
    "GET /v1/jobs/{job_id}",
    "GET /v1/jobs/{job_id}/events",
    "POST /v1/jobs/{job_id}/cancel",
    # No document of the set is a PDF.
    "GET /v1/document-sets/{name}/source/pages/{page}",
    # The one unfinished batch that a caller may have is made before.
    "POST /v1/batches",
    "POST /v1/batches/upload",
}


def test_no_value_anywhere_is_a_failure(tmp_path: Path, embedder: Embedder) -> None:
    settings = depot_settings(tmp_path, embedder, **{"auth.enabled": False})
    swept = sweep(settings, REQUESTS, seed=1)
    assert not swept.troubles, "\n\n".join(
        f"{label}: {message}"
        for label, of_label in swept.troubles.items()
        for message in of_label[:3]
    )
    assert swept.statuses[422] > REQUESTS
    assert swept.operations - swept.accepted <= NEVER_ACCEPTED


def test_nor_is_it_with_a_readers_key(tmp_path: Path, embedder: Embedder) -> None:
    settings = depot_settings(tmp_path, embedder, **{"auth.enabled": True})
    swept = sweep(settings, REQUESTS, seed=2, credential=reader_key(settings), each=False)
    assert not swept.troubles, "\n\n".join(
        f"{label}: {message}"
        for label, of_label in swept.troubles.items()
        for message in of_label[:3]
    )
    assert swept.statuses[403] > 0
    assert {"POST /v1/chat", "GET /v1/search", "POST /v1/chat/completions"} <= swept.accepted


DESCRIPTION: dict[str, Any] = {
    "components": {
        "schemas": {
            "Part": {"type": "object", "properties": {"text": {"type": "string"}}},
            "Asked": {
                "type": "object",
                "properties": {
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
                    "most": {"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]},
                },
            },
        }
    },
    "paths": {
        "/new/{thing}": {
            "post": {
                "parameters": [
                    {"in": "path", "name": "thing", "schema": {"type": "string"}},
                    {"in": "query", "name": "since", "schema": {"type": "string"}},
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Asked"}}
                    }
                },
            }
        }
    },
}


def test_a_new_route_is_swept_too_in_all_of_its_fields() -> None:
    (found,) = operations(DESCRIPTION, {"since": "2026"})
    assert found == Operation(
        "POST", "/new/{thing}", {"thing": "depot"}, {"since": "2026"}, {"parts": [{"text": "depot"}], "most": 3}
    )  # fmt: skip
    assert set(places(found.body)) == {
        (), ("parts",), ("parts", 0), ("parts", 0, "text"), ("most",)
    }  # fmt: skip
    assert put(found.body, ("parts", 0, "text"), 1) == {"parts": [{"text": 1}], "most": 3}
    rng = random.Random(3)
    made = [hostile(found, rng, "key") for _ in range(500)]
    sent = b"\n".join(request.target + b" " + request.body for request in made)
    for wanted in (
        rb"\ud800",
        b"1e999",
        b"9" * 400,
        b"[" * 20_000,
        b"%00",
        b"since=",
        b'"a": 1, "a": 2',
    ):
        assert wanted in sent


@pytest.mark.parametrize(
    ("response", "wrong"),
    [
        (Response(200, "", b""), None),
        (Response(422, "", b'{"detail": "question: no"}'), None),
        (Response(404, "", b'{"error": {"message": "no such model"}}'), None),
        (Response(503, "", b'{"type": "urn:plumbline:problem:too-busy", "detail": "x"}'), None),
        (Response(503, "", b'{"type": "urn:plumbline:problem:index-unavailable"}'), "503"),
        (Response(500, "", b""), "500"),
        (Response(422, "", b"no"), "without a problem detail"),
        (Response(0, "", b"", RuntimeError("boom")), "boom"),
        (Response(500, "", b"{}", RuntimeError("boom")), "boom"),
    ],
)
def test_a_failure_is_distinguished_from_a_refusal(response: Response, wrong: str | None) -> None:
    found = trouble(response)
    assert (wrong in found) if wrong and found else found is wrong
