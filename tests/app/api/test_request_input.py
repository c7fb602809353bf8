"""What is checked before all routes: path, query, headers and bodies of JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.main import create_app
from evals.benchmarks.sweeping.sweep import depot_settings
from ingestion.embedding.embedder import Embedder

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def client(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = depot_settings(tmp_path_factory.mktemp("service"), embedder)
    with TestClient(
        create_app(settings), base_url="http://localhost", raise_server_exceptions=False
    ) as opened:
        yield opened


def assert_refused(response: Any, status: int, named: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert named in response.json()["detail"], response.text


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (r'{"question": "\ud800 hours?"}', "question: holds half"),
        (r'{"question": "hours?", "filters": {"year": "\ud800"}}', "filters.year: holds half"),
        (r'{"question": "hours?", "filters": {"\ud800": 1}}', "filters: the name"),
        ('{"question": "hours?", "filters": {"year": {"gte": 1e999}}}', "filters.year.gte"),
        (
            f'{{"question": "h?", "filters": {{"year": {{"gte": {"9" * 400}}}}}}}',
            "filters.year.gte",
        ),
        ('{"question": "hours?", "filters": {"a": ' + "[" * 20_000, "filters.a.0.0"),
        (f'{{"question": "hours?", "index_version": "{"9" * 5000}"}}', "no index version '9999"),
        (r'{"question": "hours?", "\ud800": 1}', r"the name '\ud800'"),
        (r'{"question": "hours?", "options": {"prompt": "\u0000"}}', "options.prompt: holds a NUL"),
        ('{"question": "hours?", "question": "other?"}', "the name 'question' twice"),
    ],
)
def test_a_body_is_refused_by_its_fields_name(client: TestClient, body: str, named: str) -> None:
    response = client.post("/v1/chat", content=body, headers=JSON)
    assert response.status_code in (404, 422)
    assert_refused(response, response.status_code, named)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"filters": r'{"a": "\ud800"}'}, "filters.a: holds half"),
        ({"filters": "[" * 20_000}, "filters.0.0"),
        ({"filters": '{"a": {"gte": 1e999}}'}, "filters.a.gte"),
        ({"filters": f'{{"a": {"9" * 5000}}}'}, "filters.a"),
        ({"filters": '{"a": NaN}'}, "filters.a"),
        ({"document_set": "a\0"}, "document_set: holds a NUL"),
        ({"index_version": "9" * 5000}, "no index version"),
        ({"index_version": "٣"}, "no index version"),
        ({"limit": "9" * 5000}, "limit"),
    ],
)
def test_a_query_is_refused_by_its_fields_name(
    client: TestClient, given: dict[str, str], named: str
) -> None:
    response = client.get("/v1/search", params={"q": "hours", **given})
    assert_refused(response, 404 if "index_version" in given else 422, named)


def test_a_path_and_headers_are_refused_by_name(client: TestClient) -> None:
    assert_refused(client.get("/v1/answers/a%00b"), 404, "path: ")
    # On this machine's own address a name that is no host's is another's already.
    assert_refused(client.get("/v1/search?q=a", headers={"Host": "["}), 403, "Host ")
    assert_refused(client.get("/v1/search?q=a", headers={"Host": "a:b"}), 403, "Host ")
    as_utf_7 = {"Content-Type": "application/json; charset=utf-7"}
    assert_refused(client.post("/v1/chat", content="{}", headers=as_utf_7), 415, "Content-Type: ")


@pytest.mark.parametrize(
    "kind",
    [
        "charset=unicode_escape",
        "Charset=utf-7",
        "charset*=utf-8''unicode_escape",
        "x=1; charset=idna",
    ],
)
def test_a_form_cannot_bring_its_own_codec(client: TestClient, kind: str) -> None:
    body = (
        '--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n\\ud800\r\n'
        '--b\r\nContent-Disposition: form-data; name="questions"; filename="q"\r\n\r\n'
        '{"question": "hours?"}\r\n--b--\r\n'
    )
    headers = {"Content-Type": f"multipart/form-data; boundary=b; {kind}"}
    assert_refused(
        client.post("/v1/batches/upload", content=body, headers=headers), 415, "Content-Type"
    )


def test_lines_of_a_batch_are_checked_in_the_same_way(client: TestClient) -> None:
    lines = "\n".join(
        [
            r'{"question": "a\ud800"}',
            '{"question": "b", "filters": {"a": 1e999}}',
            f'{{"question": "c", "filters": {{"a": {"9" * 5000}}}}}',
            '{"question": ' + "[" * 20_000,
        ]
    )
    response = client.post("/v1/batches/upload", files={"questions": ("q.jsonl", lines)})
    assert_refused(response, 422, "line 1: question: holds half")
    for named in ("line 2: filters.a", "line 3: filters.a", "line 4: question.0.0"):
        assert named in response.json()["detail"]


def test_openai_clients_get_errors_in_their_own_form(client: TestClient) -> None:
    body = r'{"model": "plumb/depot", "messages": [{"role": "user", "content": "\ud800"}]}'
    response = client.post("/v1/chat/completions", content=body, headers=JSON)
    assert response.status_code == 422
    assert response.json()["error"]["message"].startswith("messages.0.content: holds half")


def test_a_body_that_comes_in_pieces_is_checked_as_one(client: TestClient) -> None:
    pieces = [rb'{"question": "\ud', b"8", b'00"}', b""]
    response = client.post("/v1/chat", content=iter(pieces), headers=JSON)
    assert_refused(response, 422, "question: holds half")


def test_a_body_is_not_read_before_it_is_known_who_asks(make_parts: Any) -> None:
    application: FastAPI = create_app(make_parts(auth__enabled=True).settings)
    read: list[str] = []

    async def receive() -> dict[str, Any]:
        read.append("read")
        return {"type": "http.request", "body": b'"\\ud800"', "more_body": False}

    async def ask() -> int:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "POST", "path": "/v1/chat", "raw_path": b"/v1/chat",
            "query_string": b"", "root_path": "", "scheme": "http", "server": ("localhost", 80),
            "client": ("127.0.0.1", 1), "http_version": "1.1", "asgi": {"version": "3.0"},
            "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        }  # fmt: skip
        async with application.router.lifespan_context(application):
            await application(scope, receive, send)
        return int(sent[0]["status"])

    assert asyncio.run(ask()) == 401
    assert read == []


def test_what_is_quoted_is_printable_and_bounded(client: TestClient) -> None:
    body = {"question": "hours?", **{f"\u202e{n}" + "x" * 500: 1 for n in range(500)}}
    response = client.post("/v1/chat", content=json.dumps(body), headers=JSON)
    assert_refused(response, 422, r"\u202e0")
    detail = response.json()["detail"]
    assert detail.isprintable()
    assert len(detail) <= 2000
    assert "and 490 more" in detail
