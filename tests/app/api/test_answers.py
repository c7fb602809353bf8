"""Lineage, feedback and forgetting over REST."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.lineage.record import AnswerRecord
from app.main import create_app
from tests.app.lineage.conftest import answer, record


def add(client: TestClient, *records: AnswerRecord) -> None:
    """Have the service keep answers."""
    app: Any = client.app
    for item in records:
        app.state.answer_log.add(item)


def test_an_answer_tells_where_it_came_from(serve, store_url: str) -> None:
    client = serve(store__url=store_url)
    kept = record(filters={"team": "sales"}, session_id="s1")
    add(client, kept)
    body = client.get(f"/v1/answers/{kept.id}").json()
    assert body["question"] == "How long does the warranty last?"
    assert body["answer"]["answer"] == "It lasts 24 months [1]."
    assert body["answer"]["passages"][0]["scores"]["dense"] == 0.5
    assert body["manifest"]["id"] == body["manifest_id"]
    assert body["manifest"]["chat_parameters"] == {}
    assert body["prompt_hash"] == "p" * 64
    assert body["usage"] == {"input_tokens": 1000, "output_tokens": 200}
    assert body["timings_ms"] == {"total": 12.5}
    assert body["feedback"] == []


def test_feedback_is_kept_and_replaced(serve) -> None:
    client = serve()
    kept = record()
    add(client, kept)
    url = f"/v1/answers/{kept.id}/feedback"
    given = client.post(url, json={"thumb": "down", "reason": "no", "corrected_answer": "36"})
    assert given.status_code == 201, given.text
    assert client.post(url, json={"thumb": "up"}).status_code == 201
    (said,) = client.get(f"/v1/answers/{kept.id}").json()["feedback"]
    assert (said["thumb"], said["reason"], said["corrected_answer"]) == ("up", None, None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"thumb": "sideways"},
        {"thumb": "up", "stars": 5},
        {"thumb": "up", "reason": "x" * 2001},
        {"thumb": "up", "corrected_answer": "x" * 20_001},
    ],
)
def test_feedback_that_means_nothing_is_refused(serve, body: dict) -> None:
    client = serve()
    kept = record()
    add(client, kept)
    response = client.post(f"/v1/answers/{kept.id}/feedback", json=body)
    assert response.status_code == 422
    assert response.json()["type"] == "urn:plumbline:problem:invalid-request"


def test_a_deleted_answer_is_gone(serve) -> None:
    client = serve()
    kept = record()
    add(client, kept)
    assert client.delete(f"/v1/answers/{kept.id}").status_code == 204
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/feedback")):
        sent = {"json": {"thumb": "up"}} if method == "POST" else {}
        gone = client.request(method, f"/v1/answers/{kept.id}{path}", **sent)
        assert gone.status_code == 404
        assert gone.json()["type"] == "urn:plumbline:problem:unknown-answer"


def test_answers_are_listed_in_pages_and_narrowed(serve) -> None:
    client = serve()
    now = datetime.now(UTC)
    kept = [record(at=now - timedelta(minutes=n)) for n in range(3)]
    no = record(at=now - timedelta(minutes=9), answer=answer(refused=True))
    add(client, *kept, no)

    def ids(**query: Any) -> tuple[list[str], str | None]:
        page = client.get("/v1/answers", params=query).json()
        return [item["id"] for item in page["answers"]], page["next"]

    first, after = ids(limit=3)
    assert first == [item.id for item in kept]
    assert ids(limit=3, after=after) == ([no.id], None)
    assert ids(refused=True)[0] == [no.id]
    assert ids(since=(now - timedelta(seconds=90)).isoformat())[0] == [kept[0].id, kept[1].id]
    assert ids(document_set="other")[0] == []


def test_a_list_that_means_nothing_is_refused(serve, store_url: str) -> None:
    client = serve(store__url=store_url)
    for query in (
        {"after": "nonsense"},
        {"since": "2026-01-01T00:00:00"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"limit": 0},
        {"limit": 101},
        {"document_set": "\0"},
    ):
        response = client.get("/v1/answers", params=query)
        assert response.status_code == 422, (query, response.text)
        assert response.headers["content-type"] == "application/problem+json", query


def test_an_id_that_is_none_is_unknown(serve, store_url: str) -> None:
    client = serve(store__url=store_url)
    for wrong in ("ans_", "x", "ans_%00", "%F0%9F%92%A9", "a" * 5000):
        assert client.get(f"/v1/answers/{wrong}").status_code == 404


def test_answers_outlive_the_service_and_old_ones_do_not(serve, store_url: str) -> None:
    client = serve(store__url=store_url)
    young, old = record(), record(at=datetime.now(UTC) - timedelta(days=3))
    add(client, young)
    assert client.get(f"/v1/answers/{young.id}").status_code == 200
    add(client, old)
    assert client.get(f"/v1/answers/{old.id}").status_code == 200
    again = serve(store__url=store_url, store__keep_days=2)
    assert again.get(f"/v1/answers/{young.id}").status_code == 200
    assert again.get(f"/v1/answers/{old.id}").status_code == 404


def test_an_answer_that_failed_leaves_its_trace_too(make_parts, openai) -> None:
    openai.status = 500
    settings = make_parts(
        chat__model="openai:m",
        chat__base_url=openai.url,
        chat__max_retries=0,
        chat__last_resort=False,
    ).settings
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        assert client.post("/v1/chat", json={"question": "How long?"}).status_code == 502
        (listed,) = client.get("/v1/answers").json()["answers"]
        lineage = client.get(f"/v1/answers/{listed['id']}").json()
    assert lineage["error"].startswith("ChatModelFailed: ")
    assert lineage["answer"] is None
    assert lineage["model"] == "openai:m"


def test_a_service_that_stores_no_texts_stores_none(make_parts, tmp_path) -> None:
    settings = make_parts(store__texts=False).settings
    question = "How long does the warranty on a refrigeration unit last?"
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        given = client.post("/v1/chat", json={"question": question}).json()
        assert "24 months" in given["answer"]
        lineage = client.get(f"/v1/answers/{given['id']}").json()
    assert lineage["manifest_id"] == given["manifest"]["id"]
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("plumb-store.db*"))
    assert given["id"].encode() in kept
    for words in ("refrigeration", "24 months"):
        assert words.encode() not in kept
