"""`POST /v1/chat` as server-sent events."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from tests.app.api.live import live_service

QUESTION = {"question": "How long does the warranty on a refrigeration unit last?"}


@pytest.fixture
def client(make_parts) -> Iterator[TestClient]:
    with TestClient(
        create_app(make_parts().settings),
        raise_server_exceptions=False,
        base_url="http://localhost",
    ) as opened:
        yield opened


def events(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_passages_come_first_then_words_then_the_answer(client: TestClient) -> None:
    response = client.post("/v1/chat", json={**QUESTION, "stream": True})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    received = events(response.text)
    names = [name for name, _ in received]
    assert names[0] == "passages"
    assert names[-1] == "answer"
    assert set(names[1:-1]) == {"token"}
    plain = client.post("/v1/chat", json=QUESTION).json()
    answer = received[-1][1]
    assert answer.keys() == plain.keys()
    assert answer["answer"] == plain["answer"]
    assert answer["citations"] == plain["citations"]
    assert answer["manifest"] == plain["manifest"]
    assert "".join(data["text"] for name, data in received if name == "token") == answer["answer"]
    assert received[0][1] == answer["passages"] == plain["passages"]
    assert 0 < answer["timings_ms"]["first_token"] <= answer["timings_ms"]["total"]


def test_a_question_that_is_wrong_is_an_error_as_any(client: TestClient) -> None:
    response = client.post("/v1/chat", json={"question": "?!", "stream": True})
    assert response.status_code == 422
    assert response.json()["type"] == "urn:plumbline:problem:invalid-question"
    missing = client.post("/v1/chat", json={**QUESTION, "document_set": "x", "stream": True})
    assert missing.status_code == 404


def test_a_refusal_streams_as_well(client: TestClient) -> None:
    request = {"question": "Who won the regatta?", "filters": {"document": "none"}, "stream": True}
    received = events(client.post("/v1/chat", json=request).text)
    assert [name for name, _ in received] == ["passages", "answer"]
    assert received[-1][1]["refused"] is True


def hosted(make_parts, openai, **more):
    return make_parts(
        chat__model="openai:m",
        chat__base_url=openai.url,
        chat__max_retries=0,
        chat__last_resort=False,
        **more,
    ).settings


def test_words_of_a_hosted_model_are_passed_on_and_counted(make_parts, openai) -> None:
    openai.reply = 'It lasts "24 months from delivery" [1]. Nobody knows more [9].'
    with TestClient(create_app(hosted(make_parts, openai)), base_url="http://localhost") as client:
        received = events(client.post("/v1/chat", json={**QUESTION, "stream": True}).text)
    words = [data["text"] for name, data in received if name == "token"]
    assert len(words) > 5
    assert "".join(words) == openai.reply
    answer = received[-1][1]
    assert "[9]" not in answer["answer"]
    assert answer["citation_check"]["markers_removed"] == 1
    assert answer["usage"] == {"input_tokens": 7, "output_tokens": 5}


def test_a_model_that_fails_ends_the_stream_with_a_problem(make_parts, openai) -> None:
    openai.status = 500
    with TestClient(create_app(hosted(make_parts, openai)), base_url="http://localhost") as client:
        received = events(client.post("/v1/chat", json={**QUESTION, "stream": True}).text)
    assert [name for name, _ in received] == ["passages", "error"]
    assert received[-1][1]["status"] == 502


def test_another_model_steps_in_before_the_first_word(make_parts, openai) -> None:
    openai.status = 500
    settings = make_parts(
        chat__model="openai:m", chat__base_url=openai.url, chat__max_retries=0
    ).settings
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        received = events(client.post("/v1/chat", json={**QUESTION, "stream": True}).text)
    assert [name for name, _ in received].count("passages") == 1
    assert received[-1][1]["degraded"] is True
    assert "24 months" in received[-1][1]["answer"]


def test_a_client_that_leaves_ends_the_call_of_the_model(make_parts, openai) -> None:
    openai.reply = "One two three four."
    openai.held = threading.Event()
    with live_service(hosted(make_parts, openai)) as url:
        request = {**QUESTION, "stream": True}
        with httpx.stream("POST", f"{url}/v1/chat", json=request, timeout=60) as response:
            for line in response.iter_lines():
                if line == "event: token":
                    break
        assert openai.left.wait(30), "the model was still being listened to"
    openai.held.set()


def test_an_answer_holds_its_session(client: TestClient) -> None:
    first = client.post("/v1/chat", json={**QUESTION, "session_id": "s-1"}).json()
    assert first["session_id"] == "s-1"
    follow_up = {"question": "When does it end early?", "session_id": "s-1", "stream": True}
    received = events(client.post("/v1/chat", json=follow_up).text)
    assert "seal" in received[-1][1]["answer"]
    listed = client.get("/v1/sessions").json()["sessions"]
    assert [one["session_id"] for one in listed] == ["s-1"]
    exchanges = client.get("/v1/sessions/s-1").json()["exchanges"]
    assert [one["answer_id"] for one in exchanges] == [first["id"], received[-1][1]["id"]]
    assert client.delete("/v1/sessions/s-1").status_code == 200
    assert client.get("/v1/sessions/s-1").status_code == 404
    assert client.delete("/v1/sessions/s-1").json()["type"].endswith("unknown-session")
    bad = client.post("/v1/chat", json={**QUESTION, "session_id": "a b"})
    assert bad.status_code == 422
