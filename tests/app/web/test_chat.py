"""The chat over a test client: what it renders, streams, keeps and hides."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ingestion.embedding.embedder import Embedder
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from tests.app.web.conftest import HIDDEN, HIDDEN_WORD
from tests.indexing import workbench_here

WARRANTY = "How long does the warranty on a refrigeration unit last?"
HOURS = "When does the Kestrel depot open?"
PAY = "What is the salary of the depot manager at Kestrel?"


def sign_in(client: TestClient, key: str) -> None:
    assert client.post("/sign-in", data={"key": key}).status_code == 303


def token_of(client: TestClient) -> str:
    found = re.search(r'name="csrf-token" content="([^"]*)"', client.get("/").text)
    assert found
    return found[1]


def ask(
    client: TestClient, question: str, session: str = "s", status: int = 200, **more: Any
) -> list[tuple[str, Any]]:
    """Ask as the page does; the events, or the problem."""
    body = {"question": question, "session_id": session, **more}
    response = client.post("/chat/ask", json=body, headers={"X-CSRF-Token": token_of(client)})
    assert response.status_code == status, response.text
    if status != 200:
        return [("error", response.json())]
    found = []
    for block in response.text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((fields["event"], json.loads(fields["data"])))
    return found


def answer(events: list[tuple[str, Any]]) -> dict[str, Any]:
    name, data = events[-1]
    assert name == "answer", data
    return dict(data)


class Elements(HTMLParser):
    """The elements of a page, each with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))

    def with_attribute(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for _, attributes in self.found if name in attributes]


def sources(html: str) -> list[dict[str, Any]]:
    return [
        json.loads(one["data-source"] or "") for one in Elements(html).with_attribute("data-source")
    ]


def opened(client: TestClient, source: dict[str, Any]) -> Any:
    return client.post("/chat/source", json=source, headers={"X-CSRF-Token": token_of(client)})


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
    told = answer(events)
    words = "".join(data["text"] for name, data in events if name == "token")
    assert "24 months from delivery" in words
    chips = Elements(told["html"]).with_attribute("data-open")
    assert chips
    assert told["sources"] == len(sources(told["html"])) == 1
    span = sources(told["html"])[0]["spans"][0]
    assert "24 months from delivery" in span["text"]
    assert told["kept"]


def test_a_conversation_is_rendered_again_from_what_is_stored(serve_pages) -> None:
    client = serve_pages()
    first = answer(ask(client, WARRANTY, "c-1"))
    second = answer(ask(client, "When does it end early?", "c-1"))
    page = client.get("/chat/c-1").text
    assert page.index(first["id"]) < page.index(second["id"])
    assert sources(page) == sources(first["html"]) + sources(second["html"])
    assert "<title>How long does the warranty" in page
    listed = client.get("/conversations?current=c-1").text
    assert 'href="/chat/c-1" aria-current="page"' in listed
    assert WARRANTY in listed


def test_a_title_is_changed_and_told_over_rest(serve_pages) -> None:
    client = serve_pages()
    ask(client, WARRANTY, "c-1")
    assert [one["title"] for one in client.get("/v1/sessions").json()["sessions"]] == [WARRANTY]
    renamed = client.patch("/v1/sessions/c-1", json={"title": " Seals\n and <b> "})
    assert renamed.json() == {"session_id": "c-1", "title": "Seals and <b>"}
    assert "Seals and &lt;b&gt;" in client.get("/chat/c-1").text
    assert client.patch("/v1/sessions/c-1", json={"title": " \u202e "}).status_code == 422
    assert client.patch("/v1/sessions/none", json={"title": "x"}).status_code == 404


def test_a_question_takes_the_place_of_the_one_before(serve_pages) -> None:
    client = serve_pages()
    first = answer(ask(client, WARRANTY, "c-1"))
    second = answer(ask(client, "When does it end early?", "c-1"))
    third = answer(ask(client, HOURS, "c-1", replaces=second["id"]))
    kept = client.get("/v1/sessions/c-1").json()["exchanges"]
    assert [one["answer_id"] for one in kept] == [first["id"], third["id"]]
    # What was replaced is no part of the conversation: a follow-up does not know of it.
    fourth = answer(ask(client, HOURS, "c-1", replaces=first["id"]))
    kept = client.get("/v1/sessions/c-1").json()["exchanges"]
    assert [one["answer_id"] for one in kept] == [fourth["id"]]
    assert client.get("/v1/sessions").json()["sessions"][0]["title"] == HOURS
    # A question that fails leaves everything as it was.
    ask(client, "?!", "c-1", status=422, replaces=fourth["id"])
    assert len(client.get("/v1/sessions/c-1").json()["exchanges"]) == 1


def test_an_answer_is_computed_again_on_request(serve_pages) -> None:
    client = serve_pages()
    for more, cache in (({}, "miss"), ({}, "exact"), ({"again": True}, "off")):
        told = answer(ask(client, WARRANTY, "c-1", **more))
        assert client.get(f"/v1/answers/{told['id']}").json()["cache"] == (
            "exact" if cache == "exact" else None
        )
        text = client.app.state.pages.texts(f"chat.cache_{cache}")
        assert text in told["html"]


def test_a_refusal_says_what_was_searched_and_shows_the_nearest(serve_pages) -> None:
    client = serve_pages()
    told = answer(ask(client, "Who won the regatta at Cowes in 1987?", document_set="depot"))
    assert told["refused"]
    assert "passages of “depot” were read" in told["html"]
    nearest = sources(told["html"])
    assert 1 <= len(nearest) <= 3
    shown = opened(client, nearest[0])
    assert shown.status_code == 200
    assert "<mark" in shown.text


def test_a_source_is_marked_at_the_very_words(serve_pages) -> None:
    client = serve_pages()
    told = answer(ask(client, WARRANTY, document_set="depot"))
    source = sources(told["html"])[0]
    shown = opened(client, source).text
    marked = re.findall(r'<mark id="span-0"[^>]*>([^<]*)</mark>', shown)
    assert marked == [source["spans"][0]["text"]]
    assert "Length</h2>" in shown
    source["spans"][0] |= {"start": 0, "end": 4, "text": "words that stand nowhere"}
    assert opened(client, source).json()["type"].endswith("document-changed")


def test_a_pdf_is_shown_in_pages_with_boxes(serve_pages, shelf) -> None:
    client = serve_pages(index__url=shelf)
    told = answer(
        ask(client, "When may the customer end the agreement for a lane?", document_set="shelf")
    )
    source = next(one for one in sources(told["html"]) if one["document"].endswith(".pdf"))
    shown = Elements(opened(client, source).text)
    boxes = [attributes for tag, attributes in shown.found if tag == "rect"]
    assert boxes
    assert all(0 <= float(box[name] or "") <= 1 for box in boxes for name in ("x", "y", "width"))
    sheet = next(one for one in shown.with_attribute("data-at"))
    page = json.loads(sheet["data-pages"] or "")[0]
    drawn = client.get(f"{sheet['data-at']}{page}?{sheet['data-query']}&width=300")
    assert drawn.headers["content-type"] == "image/png"


def test_where_no_page_is_drawn_the_reason_is_given(serve_pages, shelf) -> None:
    client = serve_pages(index__url=shelf, originals__shown=False)
    told = answer(
        ask(client, "When may the customer end the agreement for a lane?", document_set="shelf")
    )
    source = next(one for one in sources(told["html"]) if one["document"].endswith(".pdf"))
    shown = opened(client, source).text
    assert "This service shows no originals" in shown
    assert "<mark" in shown


def test_groups_decide_what_is_answered_opened_and_offered(serve_pages, shelf, make_key) -> None:
    client = serve_pages(index__url=shelf, auth__enabled=True)
    sign_in(client, make_key("hanna", groups=["hr"]))
    told = answer(ask(client, PAY, document_set="shelf"))
    assert HIDDEN_WORD in told["html"]
    source = next(one for one in sources(told["html"]) if one["document"] == "salaries.md")
    assert HIDDEN_WORD in opened(client, source).text
    assert client.get("/chat/s").status_code == 200
    sign_in(client, make_key("otto", groups=["sales"]))
    assert HIDDEN_WORD not in answer(ask(client, PAY, document_set="shelf"))["html"]
    refused = opened(client, source)
    assert refused.status_code == 404
    assert HIDDEN_WORD not in refused.text
    missing = client.get("/suggestions?document_set=shelf").text
    assert "Salaries" not in missing


def test_a_conversation_of_another_is_not_there(serve_pages, make_key) -> None:
    client = serve_pages(auth__enabled=True)
    sign_in(client, make_key("anna"))
    ask(client, WARRANTY, "c-1")
    sign_in(client, make_key("bo"))
    assert client.get("/chat/c-1").status_code == 404
    assert client.get("/chat/c-1/export").status_code == 404
    assert WARRANTY not in client.get("/").text


def test_what_may_no_longer_be_read_is_shown_as_such(
    serve_pages, shelf, shelf_documents: Path, make_key, embedder: Embedder, tmp_path: Path
) -> None:
    client = serve_pages(index__url=shelf, auth__enabled=True)
    sign_in(client, make_key("hanna", groups=["hr"]))
    ask(client, PAY, "c-1", document_set="shelf")
    ask(client, HOURS, "c-1", document_set="depot")
    client.patch(
        "/v1/sessions/c-1",
        json={"title": f"About {HIDDEN_WORD}"},
        headers={"X-CSRF-Token": token_of(client)},
    )
    assert HIDDEN_WORD in client.get("/chat/c-1").text
    folder = tmp_path / "moved"
    shutil.copytree(shelf_documents, folder)
    (folder / "salaries.md").write_text(HIDDEN.replace("[hr]", "[board]"), encoding="utf-8")
    parts = client.app.state.parts
    sync_source("shelf", str(folder), workbench_here(parts.catalogue.store, embedder))
    # A new version is looked for once a second; a test does not wait for it.
    parts.sets._live.clear()
    page = client.get("/chat/c-1").text
    assert "you may no longer read" in page
    assert "05:30" in page
    assert "Salaries" not in page
    for address in ("/chat/c-1", "/", "/chat/c-1/export", "/chat/c-1/export?format=json"):
        assert HIDDEN_WORD not in client.get(address).text, address
        assert PAY not in client.get(address).text, address


def test_hostile_documents_are_shown_as_text(serve_pages, shelf) -> None:
    client = serve_pages(index__url=shelf)
    told = answer(ask(client, "How much do pallet racks carry?", "c-1", document_set="shelf"))
    ladders = answer(ask(client, "How much do ladders carry?", "c-1", document_set="shelf"))
    pieces = [
        *(
            opened(client, next(one for one in sources(html) if one["document"][0] == '"')).text
            for html in (ladders["html"], told["html"])
        ),
        told["html"],
        ladders["html"],
        client.get("/chat/c-1").text,
        client.get("/suggestions?document_set=shelf").text,
    ]
    for piece in pieces:
        for tag, attributes in Elements(piece).found:
            assert tag not in ("b", "iframe"), tag
            assert tag != "img" or attributes.get("id") == "sheet-image", attributes
            assert tag != "script" or attributes.get("src") or attributes.get("id") == "texts"
            assert not any(name.startswith("on") for name in attributes), attributes
            assert "javascript:" not in (attributes.get("href") or "")
    assert "&lt;b onmouseover" in pieces[0]
    text = client.get("/chat/c-1/export").text
    assert "<img" not in text.replace("\\<img", "")


def test_a_conversation_is_exported(serve_pages) -> None:
    client = serve_pages()
    told = answer(ask(client, WARRANTY, "c-1", document_set="depot"))
    exported = client.get("/chat/c-1/export")
    assert exported.headers["content-disposition"].startswith('attachment; filename="conversation-')
    assert exported.text.startswith(f"# {WARRANTY}\n\n**{WARRANTY}**\n")
    assert re.search(r"- \\\[1\\\] Warranty terms, Length", exported.text)
    content = client.get("/chat/c-1/export?format=json").json()
    assert content["exchanges"][0]["answer_id"] == told["id"]
    assert content["exchanges"][0]["citations"][0]["title"] == "Warranty terms"
    assert client.get("/chat/none/export").status_code == 404


def test_without_redis_the_chat_goes_on_and_says_so(serve_pages) -> None:
    client = serve_pages(redis__url="redis://127.0.0.1:1/0")
    page = client.get("/")
    assert page.status_code == 200
    assert "Conversations cannot be read or written right now" in page.text
    told = answer(ask(client, WARRANTY, document_set="depot"))
    assert "24 months" in told["html"]
    assert not told["kept"]
    assert "could not be kept in the conversation" in told["html"]
    kept = client.get("/chat/s")
    assert kept.status_code == 503
    assert 'id="question"' in kept.text


def test_a_model_that_is_away_is_stood_in_for_and_it_is_said(serve_pages, openai) -> None:
    openai.status = 500
    hosted = {"chat__model": "openai:m", "chat__base_url": openai.url, "chat__max_retries": 0}
    client = serve_pages(**hosted)
    told = answer(ask(client, WARRANTY, document_set="depot"))
    assert "so a fallback answered" in told["html"]
    alone = serve_pages(**hosted, chat__last_resort=False)
    name, problem = ask(alone, WARRANTY, document_set="depot")[-1]
    assert name == "error"
    assert problem["status"] == 502
    assert "openai" not in problem["detail"]


def test_without_documents_the_page_says_what_to_do(serve_pages, make_key, tmp_path) -> None:
    empty = serve_pages(index__url=str(tmp_path / "nothing"))
    assert "plumb ingest PATH --set NAME" in empty.get("/").text


def test_who_sees_no_document_is_told_so(serve_pages, make_key, embedder, tmp_path) -> None:
    folder = tmp_path / "hr-only"
    folder.mkdir()
    (folder / "salaries.md").write_text(HIDDEN, encoding="utf-8")
    store = open_store(IndexSettings(url=str(tmp_path / "hr-index")))
    sync_source("secret-set", str(folder), workbench_here(store, embedder))
    store.close()
    client = serve_pages(index__url=str(tmp_path / "hr-index"), auth__enabled=True)
    sign_in(client, make_key("otto", groups=["sales"]))
    page = client.get("/").text
    assert "none that your groups may read" in page
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
    told = answer(ask(client, WARRANTY, "c-1", document_set="depot"))
    assert client.delete(f"/v1/answers/{told['id']}").status_code == 204
    page = client.get("/chat/c-1").text
    assert "24 months from delivery" in page
    assert "data-thumb" not in page


def test_feedback_is_shown_again_to_who_gave_it(serve_pages) -> None:
    client = serve_pages()
    told = answer(ask(client, WARRANTY, "c-1", document_set="depot"))
    given = {"thumb": "down", "reason": "Which <units>?", "corrected_answer": "36"}
    assert client.post(f"/v1/answers/{told['id']}/feedback", json=given).status_code == 201
    page = client.get("/chat/c-1").text
    assert re.search(r'data-thumb="down" aria-pressed="true"', page)
    assert "Which &lt;units&gt;?" in page
