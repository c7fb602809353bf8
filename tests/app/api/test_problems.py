"""What readers learn of failures: what does not work, and nothing of what servers said."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app import errors
from app.api.problems import STATUS, problem_of
from app.errors import ChatModelFailed, message_for_readers
from app.main import create_app
from prompts.errors import PlumbError

SECRET = "psycopg.errors.X: relation answers(question, groups) at 10.0.0.7 of sk-123"


@pytest.mark.parametrize(
    "kind",
    [kind for kind, status in STATUS.items() if status >= 500],
    ids=lambda kind: kind.__name__,
)
def test_what_a_server_said_is_shown_to_no_reader(kind: type[PlumbError]) -> None:
    if kind is errors.TooBusy:
        return  # says only what the service itself counts
    found = problem_of(kind(SECRET), "/v1/chat")
    assert found.status in (502, 503)
    assert "10.0.0.7" not in found.model_dump_json()
    assert "try again" in found.detail or "setting" in found.detail


def test_subclasses_have_the_text_of_their_bases() -> None:
    class ProviderSaid(ChatModelFailed):
        """One of a provider's own."""

    assert "10.0.0.7" not in message_for_readers(ProviderSaid(SECRET))
    assert "10.0.0.7" not in message_for_readers(RuntimeError(SECRET))


def test_a_table_that_is_gone_is_no_readers_business(make_parts: Any) -> None:
    application = create_app(make_parts().settings)
    with TestClient(
        application, base_url="http://localhost", raise_server_exceptions=False
    ) as client:
        with application.state.guard.audit._database.engine.begin() as connection:
            connection.execute(text("ALTER TABLE answers RENAME TO elsewhere"))
        response = client.get("/v1/answers")
    assert response.status_code == 503
    assert "Retry-After" in response.headers
    assert response.json()["detail"] == "the database cannot be reached right now; try again soon."


def test_a_providers_words_reach_no_reader_in_any_way(make_parts: Any, openai: Any) -> None:
    openai.status = 401  # with "scripted failure"
    settings = make_parts(
        chat__model="openai:scripted", chat__base_url=openai.url, chat__last_resort=False
    ).settings
    with TestClient(
        create_app(settings), base_url="http://localhost", raise_server_exceptions=False
    ) as client:
        asked = {"question": "When does the depot open?", "document_set": "depot"}
        text = client.post("/v1/chat", json=asked).text
        streamed = client.post("/v1/chat", json={**asked, "stream": True}).text
        messages = [{"role": "user", "content": asked["question"]}]
        completion = {"model": "plumb/depot", "messages": messages}
        openai_text = client.post("/v1/chat/completions", json=completion).text
        openai_streamed = client.post(
            "/v1/chat/completions", json={**completion, "stream": True}
        ).text
        listed = client.get("/v1/answers").text
        stored = client.get(f"/v1/answers/{json.loads(listed)['answers'][0]['id']}").text
    for text_ in (text, streamed, openai_text, openai_streamed, listed, stored):
        assert "scripted failure" not in text_
    assert openai.requests
    assert "chat-model-failed" in text
    assert "did not answer" in streamed
    assert "did not answer" in openai_text
    assert "did not answer" in openai_streamed
    assert "ChatModelFailed: the chat model did not answer" in listed
    assert "ChatModelFailed: the chat model did not answer" in stored


def test_half_a_character_of_a_model_is_no_failure(make_parts: Any, openai: Any) -> None:
    openai.reply = "The depot \ud800 opens at 05:30 \udc00\0 [1]."
    settings = make_parts(
        chat__model="openai:scripted", chat__base_url=openai.url, chat__last_resort=False
    ).settings
    with TestClient(
        create_app(settings), base_url="http://localhost", raise_server_exceptions=False
    ) as client:
        asked = {"question": "When does the depot open?", "document_set": "depot"}
        reply = client.post("/v1/chat", json={**asked, "session_id": "s"})
        streamed = client.post(
            "/v1/chat", json={**asked, "stream": True, "question": "Opens when?"}
        )
        messages = [{"role": "user", "content": "When is the depot open?"}]
        completion = {"model": "plumb/depot", "messages": messages, "stream": True}
        completed = client.post("/v1/chat/completions", json=completion)
        session = client.get("/v1/sessions/s")
        listed = client.get("/v1/answers")
    for response in (reply, streamed, completed, session, listed):
        assert response.status_code == 200, response.text
    assert "The depot \ufffd opens" in reply.json()["answer"]
    assert "event: answer" in streamed.text
    assert "[DONE]" in completed.text
