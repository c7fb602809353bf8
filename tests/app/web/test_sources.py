"""Sources beside answers, over a test client."""

from __future__ import annotations

import json
import re

from tests.app.web.chat_client import PAY, WARRANTY, Elements, answer, ask, opened, sign_in, sources
from tests.app.web.conftest import HIDDEN_WORD


def test_a_source_is_marked_at_the_very_words(serve_pages) -> None:
    client = serve_pages()
    answered = answer(ask(client, WARRANTY, document_set="depot"))
    source = sources(answered["html"])[0]
    shown = opened(client, source).text
    marked = re.findall(r'<mark id="span-0"[^>]*>([^<]*)</mark>', shown)
    assert marked == [source["spans"][0]["text"]]
    assert "Length</h2>" in shown
    source["spans"][0] |= {"start": 0, "end": 4, "text": "words that stand nowhere"}
    assert opened(client, source).json()["type"].endswith("document-changed")


def test_a_pdf_is_shown_in_pages_with_boxes(serve_pages, shelf) -> None:
    client = serve_pages(index__url=shelf)
    answered = answer(
        ask(client, "When may the customer end the agreement for a lane?", document_set="shelf")
    )
    source = next(one for one in sources(answered["html"]) if one["document"].endswith(".pdf"))
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
    answered = answer(
        ask(client, "When may the customer end the agreement for a lane?", document_set="shelf")
    )
    source = next(one for one in sources(answered["html"]) if one["document"].endswith(".pdf"))
    shown = opened(client, source).text
    assert "This service shows no originals" in shown
    assert "<mark" in shown


def test_groups_decide_what_is_answered_opened_and_offered(serve_pages, shelf, make_key) -> None:
    client = serve_pages(index__url=shelf, auth__enabled=True)
    sign_in(client, make_key("hanna", groups=["hr"]))
    answered = answer(ask(client, PAY, document_set="shelf"))
    assert HIDDEN_WORD in answered["html"]
    source = next(one for one in sources(answered["html"]) if one["document"] == "salaries.md")
    assert HIDDEN_WORD in opened(client, source).text
    assert client.get("/chat/s").status_code == 200
    sign_in(client, make_key("otto", groups=["sales"]))
    assert HIDDEN_WORD not in answer(ask(client, PAY, document_set="shelf"))["html"]
    refused = opened(client, source)
    assert refused.status_code == 404
    assert HIDDEN_WORD not in refused.text
    missing = client.get("/suggestions?document_set=shelf").text
    assert "Salaries" not in missing


def test_hostile_documents_are_shown_as_text(serve_pages, shelf) -> None:
    client = serve_pages(index__url=shelf)
    answered = answer(ask(client, "How much do pallet racks carry?", "c-1", document_set="shelf"))
    ladders = answer(ask(client, "How much do ladders carry?", "c-1", document_set="shelf"))
    pieces = [
        *(
            opened(client, next(one for one in sources(html) if one["document"][0] == '"')).text
            for html in (ladders["html"], answered["html"])
        ),
        answered["html"],
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
