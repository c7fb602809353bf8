"""Traces, metrics and logs of a service at work."""

from __future__ import annotations

import io
import json
import logging
import sys
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from app.main import create_app
from app.settings.telemetry import TelemetrySettings
from app.telemetry.logs import JsonFormatter, TextFormatter, log_to_stderr
from app.telemetry.tracing import Tracing
from prompts.errors import SettingsError

QUESTION = {"question": "How long does the warranty on a refrigeration unit last?"}


def samples(client: TestClient) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Sample name -> labels -> value."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def attributes(span: Any) -> dict[str, Any]:
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}


def test_a_request_is_one_trace_with_its_stages(make_parts, openai, collector) -> None:
    openai.reply = 'It lasts "24 months from delivery" [1].'
    settings = make_parts(
        chat__model="openai:gpt-x",
        chat__base_url=openai.url,
        telemetry__otlp_endpoint=collector.url,
        prices__input_per_million=2.0,
        prices__output_per_million=3.0,
    ).settings
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        body = client.post("/v1/chat", json=QUESTION).json()
        client.get("/healthz")
    assert collector.services == {"plumbline"}
    request = collector.named("POST /v1/chat")
    answer = collector.named("answer")
    retrieval = collector.named("retrieval depot")
    model = collector.named("chat gpt-x")
    assert len({span.trace_id for span in collector.spans}) == 1
    assert answer.parent_span_id == request.span_id
    assert retrieval.parent_span_id == model.parent_span_id == answer.span_id
    assert collector.named("search").parent_span_id == retrieval.span_id
    assert retrieval.end_time_unix_nano <= model.start_time_unix_nano
    assert request.start_time_unix_nano <= answer.start_time_unix_nano
    found = attributes(model)
    assert found["gen_ai.operation.name"] == "chat"
    assert found["gen_ai.provider.name"] == "openai"
    assert found["gen_ai.request.model"] == "gpt-x"
    assert (found["gen_ai.usage.input_tokens"], found["gen_ai.usage.output_tokens"]) == (1, 1)
    assert attributes(answer)["plumbline.answer.id"] == body["id"]
    assert attributes(answer)["plumbline.unsupported"] is False
    assert attributes(answer)["plumbline.cost"] == pytest.approx(5e-6)
    assert attributes(request)["plumbline.manifest.id"] == body["manifest"]["id"]
    assert not any("health" in span.name for span in collector.spans)
    assert QUESTION["question"] not in str(collector.spans)


def test_the_question_is_in_the_trace_where_that_is_set(make_parts, collector) -> None:
    settings = make_parts(
        telemetry__otlp_endpoint=collector.url, telemetry__log_questions=True
    ).settings
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        client.post("/v1/chat", json=QUESTION)
    assert attributes(collector.named("answer"))["plumbline.question"] == QUESTION["question"]


def test_every_span_names_the_release_that_is_served() -> None:
    exporter = InMemorySpanExporter()
    tracing = Tracing(TelemetrySettings(), exporter, release="rel-a")
    with tracing.provider.get_tracer("requests").start_as_current_span("POST /v1/chat"):
        pass
    tracing.close()
    (span,) = exporter.get_finished_spans()
    assert span.attributes == {"plumbline.release": "rel-a"}


def test_a_collector_that_is_away_disturbs_nobody(make_parts) -> None:
    settings = make_parts(telemetry__otlp_endpoint="http://127.0.0.1:1/v1/traces").settings
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        assert client.post("/v1/chat", json=QUESTION).status_code == 200


def test_a_connection_string_that_is_none_is_reported() -> None:
    settings = TelemetrySettings(azure_connection_string="nonsense")
    with pytest.raises(SettingsError, match="azure_connection_string"):
        Tracing(settings)


def test_answers_are_counted_by_what_made_them(make_parts, openai) -> None:
    openai.reply = 'It lasts "24 months" [1]. It is "made of gold" [1]. More [9].'
    settings = make_parts(
        chat__model="openai:gpt-x", chat__base_url=openai.url, cache__enabled=False
    ).settings
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        client.post("/v1/chat", json=QUESTION)
        client.post("/v1/chat", json={**QUESTION, "stream": True})
        openai.reply = "The documents do not answer this question."
        client.post("/v1/chat", json=QUESTION)
        client.get("/no/such/path")
        client.get("/v1/jobs/20260101-000000-00000000")
        found = samples(client)
    by = {"document_set": "depot", "model": "openai:gpt-x", "prompt": "answer@v1"}

    def labels(release: str | None = "", **more: str) -> tuple[tuple[str, str], ...]:
        given = more if release is None else {"release": release, **more}
        return tuple(sorted(given.items()))

    answers = found["plumbline_answers_total"]
    assert answers[labels(**by, cache="off", outcome="answered")] == 2
    assert answers[labels(**by, cache="off", outcome="refused")] == 1
    failures = found["plumbline_citation_failures_total"]
    assert failures[labels(**by, kind="marker")] == 2
    assert failures[labels(**by, kind="quote")] == 2
    tokens = found["plumbline_tokens_total"]
    assert tokens[labels(model="openai:gpt-x", prompt="answer@v1", direction="input")] == 9
    assert tokens[labels(model="openai:gpt-x", prompt="answer@v1", direction="output")] == 7
    assert found["plumbline_retrieval_seconds_count"][labels(document_set="depot")] == 3
    assert found["plumbline_first_token_seconds_count"][labels(model="openai:gpt-x")] == 1
    requests = found["plumbline_request_seconds_count"]
    assert requests[labels(method="POST", route="/v1/chat", status="200")] == 3
    assert requests[labels(method="GET", route="(none)", status="404")] == 1
    assert not any("no/such" in str(key) for key in requests)
    ((_, age),) = found["plumbline_index_age_seconds"].items()
    # Since the index of the whole session was made.
    assert 0 < age < 6 * 3600
    assert found["plumbline_model_resting"] == {labels(None, model="openai:gpt-x"): 0.0}
    assert found["plumbline_unsupported_answers_total"] == {labels(): 2}
    assert "plumbline_release_info" not in found


def test_what_the_cache_did_is_counted(make_parts) -> None:
    with TestClient(create_app(make_parts().settings), base_url="http://localhost") as client:
        for _ in range(3):
            client.post("/v1/chat", json=QUESTION)
        found = samples(client)
    kinds = {dict(key)["cache"]: count for key, count in found["plumbline_answers_total"].items()}
    assert kinds == {"miss": 1, "exact": 2}
    assert found["plumbline_cache_events_total"][(("event", "stored"),)] == 1
    assert found["plumbline_cache_aside"] == {(): 0.0}
    assert found["plumbline_retrieval_seconds_count"] == {
        (("document_set", "depot"), ("release", "")): 1.0
    }


def test_metrics_can_be_left_out(make_parts) -> None:
    settings = make_parts(telemetry__metrics=False).settings
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize("questions", [False, True])
def test_an_answer_leaves_one_entry(make_parts, caplog, questions: bool) -> None:
    settings = make_parts(telemetry__log_questions=questions).settings
    with (
        caplog.at_level(logging.INFO, logger="plumbline.answers"),
        TestClient(create_app(settings), base_url="http://localhost") as client,
    ):
        body = client.post("/v1/chat", json=QUESTION).json()
    (record,) = [r for r in caplog.records if r.name == "plumbline.answers"]
    entry = json.loads(JsonFormatter().format(record))
    assert entry["answer_id"] == body["id"]
    assert entry["level"] == "info"
    assert entry["index_version"] == body["index_version"]
    assert (QUESTION["question"] in json.dumps(entry)) is questions
    line = TextFormatter().format(record)
    assert f"answer_id={body['id']}" in line
    assert "\n" not in line


def test_entries_of_a_traced_request_carry_its_trace(collector) -> None:
    tracing = Tracing(TelemetrySettings(otlp_endpoint=collector.url))
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed: %s", ("why",), None)
    with tracing.provider.get_tracer("test").start_as_current_span("work"):
        inside = json.loads(JsonFormatter().format(record))
    tracing.close()
    assert inside["message"] == "failed: why"
    assert inside["trace_id"] == collector.named("work").trace_id.hex()
    assert "trace_id" not in json.loads(JsonFormatter().format(record))


def test_an_exception_stays_on_its_line() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        found = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed", (), found)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert "ValueError" in json.loads(line)["exception"]


def test_the_calls_of_a_models_client_are_not_worth_an_entry_each(
    monkeypatch, openai, make_parts
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    output = io.StringIO()
    monkeypatch.setattr(sys, "stderr", output)
    log_to_stderr(TelemetrySettings())
    openai.reply = "It lasts [1]."
    make_parts(chat__model="openai:m", chat__base_url=openai.url).answers.ask("How long?")
    assert len(openai.requests) == 1
    assert "HTTP Request" not in output.getvalue()
