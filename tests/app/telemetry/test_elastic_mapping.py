"""Every field that the service logs has a name and a type in Elasticsearch."""

from __future__ import annotations

import io
import json
import logging
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings.telemetry import TelemetrySettings
from app.telemetry.logs import log_to_stderr
from app.telemetry.tracing import Tracing

ELASTIC = Path(__file__).resolve().parents[3] / "infra" / "monitoring" / "elastic"
PIPELINE: dict[str, Any] = json.loads((ELASTIC / "ingest-pipeline.json").read_text("utf-8"))
TEMPLATE: dict[str, Any] = json.loads((ELASTIC / "index-template.json").read_text("utf-8"))
MAPPINGS: dict[str, Any] = TEMPLATE["template"]["mappings"]
TAKES = {
    "keyword": str, "match_only_text": str, "text": str, "wildcard": str, "boolean": bool,
    "float": (int, float), "date": str,
}  # fmt: skip


@pytest.fixture
def logged(make_parts: Any, openai: Any, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a service writes that answers, refuses, is asked by a traced caller, and fails."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    told = io.StringIO()
    monkeypatch.setattr(sys, "stderr", told)
    settings = make_parts(
        chat__model="openai:m",
        chat__base_url=openai.url,
        chat__last_resort=False,
        chat__max_retries=0,
        telemetry__log_format="json",
        telemetry__log_questions=True,
        telemetry__otlp_endpoint="http://127.0.0.1:1/v1/traces",
    ).settings
    log_to_stderr(settings.telemetry, "rel-1")
    openai.reply = 'It lasts "24 months" [1].'
    question = {"question": "How long does the warranty last?"}
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        assert client.post("/v1/chat", json=question).status_code == 200
        openai.status = 500
        assert client.post("/v1/chat", json={"question": "Why?"}).status_code >= 500
    tracing = Tracing(TelemetrySettings())
    with tracing.provider.get_tracer("test").start_as_current_span("work"):
        try:
            raise ValueError("a fault")
        except ValueError:
            logging.getLogger("app.test").exception("failed")
    return [json.loads(line) for line in told.getvalue().splitlines()]


def test_every_field_is_mapped_with_its_type(logged: list[dict[str, Any]]) -> None:
    names = set().union(*(entry.keys() for entry in logged))
    assert {"answer_id", "total_ms", "exception", "trace_id", "release", "question"} <= names
    for entry in logged:
        document = ingested(entry)
        for name, value in fields(document):
            kind = mapped(name)
            assert kind is not None, f"{name} of {entry} is not in index-template.json"
            assert value is None or isinstance(value, TAKES[kind]), (name, value, kind)
        assert datetime.fromisoformat(document["@timestamp"]).tzinfo is not None
        assert document.keys() <= {
            "@timestamp", "message", "ecs", "log", "error", "trace", "service", "user", "plumbline",
        }  # fmt: skip


def test_every_field_of_the_pipeline_is_mapped_and_occurs(logged: list[dict[str, Any]]) -> None:
    names = set().union(*(entry.keys() for entry in logged))
    for processor in PIPELINE["processors"]:
        ((kind, given),) = processor.items()
        target = given.get("target_field") or given["field"]
        assert kind == "remove" or mapped(target), target
        if kind == "rename":
            assert given["field"] in names, f"{given['field']} is never written"


def test_a_field_that_is_not_mapped_is_found(logged: list[dict[str, Any]]) -> None:
    document = ingested({**logged[0], "surprise": 1})
    assert [name for name, _ in fields(document) if mapped(name) is None] == ["surprise"]


def test_unknown_fields_are_kept_and_not_indexed() -> None:
    assert MAPPINGS["dynamic"] is False
    assert TEMPLATE["template"]["settings"]["index"]["default_pipeline"] == "plumbline-logs"


def ingested(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry after the pipeline, whose few kinds of processors are simple."""
    document = dict(entry)
    for processor in PIPELINE["processors"]:
        ((kind, given),) = processor.items()
        if kind == "set":
            put(document, given["field"], given["value"])
        elif kind == "remove":
            del document[given["field"]]
        elif kind == "date":
            put(document, given["target_field"], document[given["field"]])
        elif kind == "rename":
            if given["field"] in document:
                put(document, given["target_field"], document.pop(given["field"]))
            else:
                assert given["ignore_missing"]
        else:
            raise AssertionError(f"the test does not know the processor {kind}")
    return document


def put(document: dict[str, Any], name: str, value: Any) -> None:
    *folders, last = name.split(".")
    for folder in folders:
        document = document.setdefault(folder, {})
        assert isinstance(document, dict), f"{folder} of {name} is a value already"
    document[last] = value


def fields(document: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Dotted name and value of each leaf."""
    found = []
    for name, value in document.items():
        if isinstance(value, dict):
            found += fields(value, f"{before}{name}.")
        else:
            found.append((before + name, value))
    return found


def mapped(name: str) -> str | None:
    """The type of a field; None: it is not mapped."""
    found: dict[str, Any] = MAPPINGS
    for part in name.split("."):
        found = found.get("properties", {}).get(part, {})
    return found.get("type")
