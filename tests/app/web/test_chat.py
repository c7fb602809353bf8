"""The chat over a test client: what it renders, streams and refuses."""

from __future__ import annotations

import re

import pytest

from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from tests.app.web.chat_client import (
    WARRANTY,
    Elements,
    answer,
    ask,
    opened,
    sign_in,
    sources,
    token_of,
)
from tests.app.web.conftest import HIDDEN
from tests.indexing import workbench_here


def test_an_empty_chat_is_ready_to_be_asked(serve_pages) -> None:
    page = serve_pages().get("/")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert 'id="question"' in page.text
    assert 'value="depot"' in page.text


def test_words_come_before_the_answer_that_takes_their_place(serve_pages) -> None:
    client = serve_pages()
    events = ask(client, WARRANTY, document_set="depot")
    names = [name for name, _ in events]
    assert names[0] == "passages"
    assert events[0][1]["count"] > 0
    assert set(names[1:-1]) == {"token"}
    answered = answer(events)
    words = "".join(data["text"] for name, data in events if name == "token")
    assert "24 months from delivery" in words
    chips = Elements(answered["html"]).with_attribute("data-open")
    assert chips
    assert answered["sources"] == len(sources(answered["html"])) == 1
    span = sources(answered["html"])[0]["spans"][0]
    assert "24 months from delivery" in span["text"]
    assert answered["kept"]


def test_an_answer_is_computed_again_on_request(serve_pages) -> None:
    client = serve_pages()
    for more, cache in (({}, "miss"), ({}, "exact"), ({"again": True}, "off")):
        answered = answer(ask(client, WARRANTY, "c-1", **more))
        assert client.get(f"/v1/answers/{answered['id']}").json()["cache"] == (
            "exact" if cache == "exact" else None
        )
        text = client.app.state.pages.texts(f"chat.cache_{cache}")
        assert text in answered["html"]


def test_a_refusal_says_what_was_searched_and_shows_the_nearest(serve_pages) -> None:
    client = serve_pages()
    answered = answer(ask(client, "Who won the regatta at Cowes in 1987?", document_set="depot"))
    assert answered["refused"]
    assert "passages of “depot” were read" in answered["html"]
    nearest = sources(answered["html"])
    assert 1 <= len(nearest) <= 3
    shown = opened(client, nearest[0])
    assert shown.status_code == 200
    assert "<mark" in shown.text


def test_without_redis_the_chat_goes_on_and_says_so(serve_pages) -> None:
    client = serve_pages(redis__url="redis://127.0.0.1:1/0")
    page = client.get("/")
    assert page.status_code == 200
    assert "Conversations cannot be read or written right now" in page.text
    answered = answer(ask(client, WARRANTY, document_set="depot"))
    assert "24 months" in answered["html"]
    assert not answered["kept"]
    assert "could not be kept in the conversation" in answered["html"]
    kept = client.get("/chat/s")
    assert kept.status_code == 503
    assert 'id="question"' in kept.text


def test_a_model_that_is_away_is_stood_in_for_and_it_is_said(serve_pages, openai) -> None:
    openai.status = 500
    hosted = {"chat__model": "openai:m", "chat__base_url": openai.url, "chat__max_retries": 0}
    client = serve_pages(**hosted)
    answered = answer(ask(client, WARRANTY, document_set="depot"))
    assert "so a simpler fallback answered" in answered["html"]
    alone = serve_pages(**hosted, chat__last_resort=False)
    name, problem = ask(alone, WARRANTY, document_set="depot")[-1]
    assert name == "error"
    assert problem["status"] == 502
    assert "openai" not in problem["detail"]


def test_without_documents_the_page_says_what_to_do(serve_pages, make_key, tmp_path) -> None:
    empty = serve_pages(index__url=str(tmp_path / "nothing"))
    assert "plumb ingest PATH --set NAME" in empty.get("/").text


def test_who_sees_no_document_learns_it(serve_pages, make_key, embedder, tmp_path) -> None:
    folder = tmp_path / "hr-only"
    folder.mkdir()
    (folder / "salaries.md").write_text(HIDDEN, encoding="utf-8")
    store = open_store(IndexSettings(url=str(tmp_path / "hr-index")))
    sync_source("secret-set", str(folder), workbench_here(store, embedder))
    store.close()
    client = serve_pages(index__url=str(tmp_path / "hr-index"), auth__enabled=True)
    sign_in(client, make_key("otto", groups=["sales"]))
    page = client.get("/").text
    assert "None of the documents here are shared with your groups" in page
    assert "secret-set" not in page
    sign_in(client, make_key("hanna", groups=["hr"]))
    assert 'value="secret-set"' in client.get("/").text


def test_what_was_chosen_is_chosen_again(serve_pages, shelf) -> None:
    client = serve_pages(index__url=shelf)
    client.cookies.set("plumb_set", "shelf")
    client.cookies.set("plumb_prompt", "production")
    page = client.get("/").text
    assert "<option selected>shelf</option>" in page
    assert "<option selected>production</option>" in page
    client.cookies.set("plumb_set", "no-such-set")
    assert "<option selected>depot</option>" in client.get("/").text


def test_nobody_asks_who_is_not_signed_in_or_sends_no_token(serve_pages, make_key) -> None:
    client = serve_pages(auth__enabled=True)
    assert client.get("/").headers["location"] == "/sign-in"
    assert client.get("/chat/c-1").headers["location"] == "/sign-in?next=%2Fchat%2Fc-1"
    body = {"question": WARRANTY, "session_id": "s"}
    assert client.post("/chat/ask", json=body).status_code == 401
    sign_in(client, make_key())
    assert client.post("/chat/ask", json=body).status_code == 403
    source = {"document_set": "depot", "document": "warranty.md"}
    assert client.post("/chat/source", json=source).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"question": "?!"},
        {"question": "x" * 100_000},
        {"session_id": "a b"},
        {"document_set": "../x"},
        {"prompt": "nobody"},
        {"unknown": 1},
    ],
)
def test_what_means_nothing_is_refused_with_the_reason(shared_service, body) -> None:
    good = {"question": WARRANTY, "session_id": "s", "document_set": "depot"}
    response = shared_service.post("/chat/ask", json=good | body)
    assert response.status_code == 422
    assert response.json()["detail"]


def test_a_caller_who_asks_too_much_hears_when_to_come_again(serve_pages, make_key) -> None:
    client = serve_pages(auth__enabled=True, limits__per_minute=3)
    sign_in(client, make_key())
    token = token_of(client)
    body = {"question": WARRANTY, "session_id": "s"}
    statuses = []
    for _ in range(6):
        response = client.post("/chat/ask", json=body, headers={"X-CSRF-Token": token})
        statuses.append(response.status_code)
    assert statuses[-1] == 429
    assert int(response.headers["retry-after"]) >= 1


def test_an_older_answer_without_a_record_keeps_its_text(serve_pages) -> None:
    client = serve_pages()
    answered = answer(ask(client, WARRANTY, "c-1", document_set="depot"))
    assert client.delete(f"/v1/answers/{answered['id']}").status_code == 204
    page = client.get("/chat/c-1").text
    assert "24 months from delivery" in page
    assert "data-thumb" not in page


def test_feedback_is_shown_again_to_who_gave_it(serve_pages) -> None:
    client = serve_pages()
    answered = answer(ask(client, WARRANTY, "c-1", document_set="depot"))
    given = {"thumb": "down", "reason": "Which <units>?", "corrected_answer": "36"}
    assert client.post(f"/v1/answers/{answered['id']}/feedback", json=given).status_code == 201
    page = client.get("/chat/c-1").text
    assert re.search(r'data-thumb="down" aria-pressed="true"', page)
    assert "Which &lt;units&gt;?" in page
