"""The REST service, through HTTP, on real documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.to_thread import current_default_thread_limiter
from fastapi.testclient import TestClient

from app.main import create_app
from app.service_state import lookups
from app.settings.tree import load_settings

PROBLEM = "application/problem+json"


@pytest.fixture
def client(make_parts) -> Iterator[TestClient]:
    parts = make_parts()
    with TestClient(
        create_app(parts.settings), raise_server_exceptions=False, base_url="http://localhost"
    ) as opened:
        yield opened


def test_chat_answers_with_citations(client: TestClient) -> None:
    question = "How long does the warranty on a refrigeration unit last?"
    response = client.post("/v1/chat", json={"question": question, "document_set": "depot"})
    assert response.status_code == 200
    body = response.json()
    assert "24 months" in body["answer"]
    assert body["refused"] is False
    citation = body["citations"][0]
    assert {"document", "source", "heading_path", "page", "start", "end", "text"} <= citation.keys()
    assert citation["document"] == "warranty.md"
    assert body["manifest"]["id"]
    assert body["prompt_version"] == "answer@v1"
    assert body["index_version"].startswith("1-")


def test_chat_takes_filters_and_options(client: TestClient) -> None:
    body = {
        "question": "When does the depot open?",
        "filters": {"media_type": "text/html"},
        "options": {"passages": 1, "prompt": "v1"},
    }
    answer = client.post("/v1/chat", json=body).json()
    assert [passage["document"] for passage in answer["passages"]] == ["hours.html"]


def test_search_gives_passages_with_scores_by_stage(client: TestClient) -> None:
    response = client.get("/v1/search", params={"q": "Kestrel", "limit": 2})
    passages = response.json()["passages"]
    assert len(passages) == 2
    assert {
        "chunk_id",
        "document",
        "score",
        "text",
        "page",
        "heading_path",
        "start",
        "end",
        "metadata",
    } <= passages[0].keys()
    assert passages[0]["scores"]["lexical"] > 0
    only = client.get("/v1/search", params={"q": "Kestrel", "filters": '{"document": "codes.csv"}'})
    assert {passage["document"] for passage in only.json()["passages"]} == {"codes.csv"}


def test_document_sets_are_listed(client: TestClient) -> None:
    (listed,) = client.get("/v1/document-sets").json()["document_sets"]
    assert (listed["name"], listed["documents"]) == ("depot", 3)


def test_every_documented_example_works_when_pasted(client: TestClient, make_parts) -> None:
    api = client.get("/openapi.json").json()
    examples = api["paths"]["/v1/chat"]["post"]["requestBody"]["content"]["application/json"][
        "examples"
    ]
    assert examples
    for example in examples.values():
        body = {**example["value"], "document_set": "depot"}  # the demo set is not indexed here
        assert client.post("/v1/chat", json=body).status_code == 200
    parameters = {p["name"]: p for p in api["paths"]["/v1/search"]["get"]["parameters"]}
    for filters in parameters["filters"]["schema"].get(
        "examples", parameters["filters"].get("examples", [])
    ):
        assert (
            client.get("/v1/search", params={"q": "hours", "filters": filters}).status_code == 200
        )


@pytest.mark.parametrize(
    ("body", "status", "kind", "message"),
    [
        ({"question": ""}, 422, "invalid-question", "is empty"),
        ({"question": "🙂"}, 422, "invalid-question", "no letter or digit"),
        ({"question": "x" * 100_000}, 422, "invalid-question", "100,000 characters"),
        ({}, 422, "invalid-request", "question: Field required"),
        ({"question": 5}, 422, "invalid-request", "question"),
        ({"question": "Hours?", "colour": "red"}, 422, "invalid-request", "colour"),
        (
            {"question": "Hours?", "document_set": "none"},
            404,
            "unknown-document-set",
            "there are: depot",
        ),
        ({"question": "Hours?", "document_set": "../x"}, 422, "invalid-set-name", "'../x'"),
        ({"question": "Hours?", "filters": {"a": {"x": 1}}}, 422, "invalid-filter", "filters.a"),
        ({"question": "Hours?", "filters": {"a": None}}, 422, "invalid-filter", "filters.a"),
        ({"question": "Hours?", "options": {"prompt": "v9"}}, 422, "prompt-error", "v9"),
        ({"question": "Hours?", "options": {"passages": 0}}, 422, "invalid-request", "passages"),
    ],
)
def test_wrong_requests_are_problem_details(shared_service, body, status, kind, message) -> None:
    response = shared_service.post("/v1/chat", json=body)
    assert response.status_code == status
    assert response.headers["content-type"] == PROBLEM
    problem = response.json()
    assert problem["type"] == f"urn:plumbline:problem:{kind}"
    assert message in problem["detail"]
    assert problem["status"] == status
    assert problem["instance"] == "/v1/chat"


def test_what_is_not_there_or_not_json_is_a_problem_detail_too(client: TestClient) -> None:
    missing = client.get("/v1/nonesuch")
    assert (missing.status_code, missing.headers["content-type"]) == (404, PROBLEM)
    wrong = client.get("/v1/chat")
    assert (wrong.status_code, wrong.headers["content-type"]) == (405, PROBLEM)
    garbled = client.post("/v1/chat", content=b"{", headers={"content-type": "application/json"})
    assert (garbled.status_code, garbled.headers["content-type"]) == (422, PROBLEM)
    filters = client.get("/v1/search", params={"q": "hours", "filters": "[1]"})
    assert "must be a JSON object" in filters.json()["detail"]


def test_a_body_over_the_limit_is_refused(client: TestClient) -> None:
    response = client.post("/v1/chat", json={"question": "x" * 2_000_000})
    assert (response.status_code, response.headers["content-type"]) == (413, PROBLEM)

    def pieces() -> Iterator[bytes]:
        for _ in range(30):
            yield b"x" * 100_000

    assert client.post("/v1/chat", content=pieces()).status_code == 413


def test_alive_and_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok", "release": None}
    report = client.get("/readyz").json()
    assert report["ready"] is True
    assert set(report["dependencies"]) == {"index", "embedding_model", "chat_model", "database"}
    assert not report["dependencies"]["database"]["needed"]


def test_readyz_says_which_dependency_is_not_ready(make_parts, redis_url: str) -> None:
    base = make_parts().settings.index.url
    settings = load_settings({"index.url": base, "redis.url": redis_url})
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        assert client.get("/readyz").json()["dependencies"]["redis"] == {
            "ready": True,
            "needed": False,
            "detail": None,
        }
    away = load_settings({"index.url": base, "redis.url": "redis://127.0.0.1:1/0"})
    with TestClient(create_app(away), base_url="http://localhost") as client:
        response = client.get("/readyz")
        assert (response.status_code, response.json()["ready"]) == (200, True)
        assert response.json()["dependencies"]["redis"]["ready"] is False
    gone = load_settings(
        {"index.url": base, "redis.url": "redis://127.0.0.1:1/0", "chat.model": "nonesuch:model"}
    )
    with TestClient(create_app(gone), base_url="http://localhost") as client:
        response = client.get("/readyz")
        assert response.status_code == 503
        states = response.json()["dependencies"]
        assert states["index"]["ready"]
        assert "127.0.0.1:1" in states["redis"]["detail"]
        assert "nonesuch:model" in states["chat_model"]["detail"]
        assert client.get("/healthz").status_code == 200


def test_an_index_that_is_gone_is_a_503_with_retry_after(make_parts) -> None:
    settings = load_settings({"index.url": "http://127.0.0.1:1"})
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        response = client.post("/v1/chat", json={"question": "Hours?", "document_set": "depot"})
        assert (response.status_code, response.headers["content-type"]) == (503, PROBLEM)
        assert response.headers["retry-after"]
        assert "http://127.0.0.1:1" in response.json()["detail"]
        assert client.get("/readyz").json()["dependencies"]["index"]["ready"] is False


def test_an_index_whose_folder_is_away_is_a_503_and_comes_back(make_parts) -> None:
    settings = make_parts().settings
    folder = Path(settings.index.url)
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        away = folder.rename(folder.with_name("away"))
        for body in ({"question": "Hours?"}, {"question": "Hours?", "document_set": "depot"}):
            response = client.post("/v1/chat", json=body)
            assert (response.status_code, response.headers["content-type"]) == (503, PROBLEM)
            assert response.json()["type"] == "urn:plumbline:problem:index-unavailable"
            assert response.headers["retry-after"]
        assert client.get("/readyz").json()["dependencies"]["index"]["ready"] is False
        assert client.get("/healthz").status_code == 200
        away.rename(folder)
        assert client.get("/readyz").status_code == 200
        assert client.post("/v1/chat", json={"question": "Hours?"}).status_code == 200


def test_no_question_waits_until_the_chat_model_is_made(make_parts, openai, monkeypatch) -> None:
    from app.answering import chat_model_pool as models

    made: list[object] = []
    make = models.make_chat_model
    monkeypatch.setattr(models, "make_chat_model", lambda *how: made.append(how) or make(*how))
    openai.reply = 'It lasts "24 months from delivery" [1].'
    settings = make_parts(chat__model="openai:m", chat__base_url=openai.url).settings
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        assert len(made) == 1
        asked = {"question": "How long does the warranty on a refrigeration unit last?"}
        assert "24 months" in client.post("/v1/chat", json=asked).json()["answer"]
        assert len(made) == 1


def test_a_chat_model_that_fails_is_a_502(make_parts, openai) -> None:
    settings = make_parts(
        chat__model="openai:m",
        chat__base_url=openai.url,
        chat__max_retries=0,
        chat__last_resort=False,
    ).settings
    openai.status = 500
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        response = client.post("/v1/chat", json={"question": "How long does the warranty last?"})
        assert response.status_code == 502
        assert response.json()["type"] == "urn:plumbline:problem:chat-model-failed"


def test_all_answers_at_once_and_other_routes_find_a_thread(make_parts) -> None:
    """Else those who wait for an equal question's answer could keep it from being made."""
    with TestClient(
        create_app(make_parts(limits__answers_at_once=70).settings), base_url="http://localhost"
    ) as client:
        assert client.portal is not None
        threads = client.portal.call(lambda: current_default_thread_limiter().total_tokens)
    assert threads >= 70 + 40


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/v1/chat", {"question": "When does the depot open?", "document_set": "depot"}),
        (
            "/v1/chat/completions",
            {"model": "plumb/depot", "messages": [{"role": "user", "content": "Who drives?"}]},
        ),
        ("/v1/responses", {"model": "plumb/depot", "input": "Who drives?"}),
    ],
)
def test_a_thread_that_answers_counts_as_busy(client: TestClient, path: str, asked: dict) -> None:
    state = client.app.state  # type: ignore[attr-defined]
    take, busy = state.turns.take, []

    def taking(*given):
        busy.append(lookups(state).threads().now)
        return take(*given)

    state.turns.take = taking
    assert client.post(path, json=asked).status_code == 200
    assert busy == [1]
