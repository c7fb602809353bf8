"""Conversations over a test client: listed, shown, changed, exported, hidden."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ingestion.embedding.embedder import Embedder
from ingestion.sync.start import sync_source
from tests.app.web.chat_client import HOURS, PAY, WARRANTY, answer, ask, sign_in, sources, token_of
from tests.app.web.conftest import HIDDEN, HIDDEN_WORD
from tests.indexing import workbench_here


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


def test_a_title_is_changed_and_returned_over_rest(serve_pages) -> None:
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
    alone = answer(ask(client, WARRANTY, "c-2"))
    fourth = answer(ask(client, HOURS, "c-2", replaces=alone["id"]))
    kept = client.get("/v1/sessions/c-2").json()["exchanges"]
    assert [one["answer_id"] for one in kept] == [fourth["id"]]
    assert client.get("/v1/sessions").json()["sessions"][0]["title"] == HOURS
    # A question that fails leaves everything as it was.
    ask(client, "?!", "c-2", status=422, replaces=fourth["id"])
    assert len(client.get("/v1/sessions/c-2").json()["exchanges"]) == 1


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
    assert "you can no longer read" in page
    assert "05:30" in page
    assert "Salaries" not in page
    for address in ("/chat/c-1", "/", "/chat/c-1/export", "/chat/c-1/export?format=json"):
        assert HIDDEN_WORD not in client.get(address).text, address
        assert PAY not in client.get(address).text, address


def test_a_conversation_is_exported(serve_pages) -> None:
    client = serve_pages()
    answered = answer(ask(client, WARRANTY, "c-1", document_set="depot"))
    exported = client.get("/chat/c-1/export")
    assert exported.headers["content-disposition"].startswith('attachment; filename="conversation-')
    assert exported.text.startswith(f"# {WARRANTY}\n\n**{WARRANTY}**\n")
    assert re.search(r"- \\\[1\\\] Warranty terms, Length", exported.text)
    content = client.get("/chat/c-1/export?format=json").json()
    assert content["exchanges"][0]["answer_id"] == answered["id"]
    assert content["exchanges"][0]["citations"][0]["title"] == "Warranty terms"
    assert client.get("/chat/none/export").status_code == 404


def test_an_answer_that_others_follow_is_not_replaced(serve_pages) -> None:
    client = serve_pages()
    first = answer(ask(client, WARRANTY, "c-1"))
    # Another window asks; the first one shows one exchange, and hears of two.
    assert answer(ask(client, HOURS, "c-1"))["exchanges"] == 2
    [(_, problem)] = ask(client, WARRANTY, "c-1", status=409, replaces=first["id"])
    assert problem["type"].endswith("conversation-went-on")
    assert "went on in another window" in problem["detail"]
    assert len(client.get("/v1/sessions/c-1").json()["exchanges"]) == 2
    # One that is forgotten keeps nobody from asking.
    assert answer(ask(client, WARRANTY, "c-1", replaces="ans_gone"))["exchanges"] == 3


def test_older_conversations_are_listed_on_request(serve_pages, monkeypatch) -> None:
    monkeypatch.setattr("app.web.conversations.LISTED", 2)
    client = serve_pages()
    for session in ("c-1", "c-2"):
        ask(client, WARRANTY, session)
    assert "Show older" not in client.get("/").text
    ask(client, WARRANTY, "c-3")
    newest = client.get("/conversations").text
    assert "Show older" in newest
    assert "/chat/c-1" not in newest
    every = client.get("/conversations?all=true").text
    assert "/chat/c-1" in every
    assert "Show older" not in every


def test_a_title_writes_no_markdown_into_an_export(serve_pages) -> None:
    client = serve_pages()
    ask(client, WARRANTY, "c-1")
    client.patch("/v1/sessions/c-1", json={"title": "![x](https://evil.example) <b>"})
    exported = client.get("/chat/c-1/export").text
    assert exported.startswith("# !\\[x\\](https://evil.example) \\<b\\>\n")


def test_names_that_turn_the_direction_of_text_turn_nothing_around_them(serve_pages) -> None:
    texts = serve_pages().app.state.pages.texts
    assert texts("admin.jobs.one", name="a\u202egnp.exe") == "Sync of agnp.exe"
    assert texts("admin.jobs.one", name="מסמך") == "Sync of \u2068מסמך\u2069"
