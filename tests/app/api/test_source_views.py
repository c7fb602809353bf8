"""Citations are opened over REST."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.main import create_app
from app.security.keys import Keys
from app.store.database import Database
from tests.app.source_view.pdfs import report

SOURCE = "/v1/document-sets/depot/source"
PROBLEM = "urn:plumbline:problem:"
PAY = "---\ntitle: Pay\ngroups: [hr]\n---\n# Pay\n\nThe manager of Kestrel earns 71,000 a year.\n"


@pytest.fixture
def start(make_parts, documents: Path) -> Iterator[Callable[..., TestClient]]:
    """The service over the documents of the depot, a PDF, and a document for the group hr."""
    (documents / "fleet.pdf").write_bytes(report(pages=3))
    (documents / "pay.md").write_text(PAY, "utf-8")
    with ExitStack() as running:

        def started(**overrides: Any) -> TestClient:
            settings = make_parts(**overrides).settings
            client = TestClient(
                create_app(settings), base_url="http://localhost", raise_server_exceptions=False
            )
            return running.enter_context(client)

        yield started


def key(name: str, groups: list[str] | None) -> dict[str, str]:
    with closing(Database("sqlite:///plumb-store.db")) as database:
        return {"X-API-Key": Keys(database).create(name, "reader", groups)}


def asked(
    client: TestClient, question: str, document: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """An answer and its first citation of a document."""
    answer = client.post("/v1/chat", json={"question": question}).json()
    return answer, next(one for one in answer["citations"] if one["document"] == document)


def opened(citation: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "document": citation["document"],
        "index_version": answer["index_version"],
        "span": f"{citation['start']}-{citation['end']}",
        "text": citation["text"],
    }


def test_a_citation_of_an_answer_opens(start) -> None:
    client = start()
    answer, citation = asked(client, "When does the Kestrel depot open?", "hours.html")
    response = client.get(SOURCE, params=opened(citation, answer))
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    view = response.json()
    [span] = view["spans"]
    assert view["text"][span["start"] : span["end"]] == span["text"] == citation["text"]
    assert (view["kind"], view["is_live"], view["missing"]) == ("text", True, [])


def test_several_citations_of_a_pdf_open_with_boxes_and_pages(start) -> None:
    client = start()
    passages = client.get(
        "/v1/search", params={"q": "refrigeration unit compressor condenser", "filters": '{"media_type": "application/pdf"}'}
    ).json()["passages"]  # fmt: skip
    spans = [f"{one['start']}-{one['start'] + 60}" for one in passages[:2]]
    params = {"document": "fleet.pdf", "span": spans}
    view = client.get(SOURCE, params=params).json()
    assert (view["kind"], view["page_count"]) == ("pdf", 3)
    assert sorted({box["page"] for span in view["spans"] for box in span["boxes"]}) == view["pages"]
    image = client.get(
        f"{SOURCE}/pages/{view['pages'][0]}",
        params={"document": "fleet.pdf", "index_version": view["index_version"], "width": 400},
    )
    assert (image.status_code, image.headers["content-type"]) == (200, "image/png")
    assert 395 <= Image.open(io.BytesIO(image.content)).width <= 405
    whole = client.get(f"{SOURCE}/pages/3", params={"document": "fleet.pdf"})
    assert Image.open(io.BytesIO(whole.content)).width >= 1190


UNOPENABLE: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("", {"document": "none.md"}, 404, "unknown-document", "document"),
    ("/pages/1", {"document": "none.md"}, 404, "unknown-document", "document"),
    ("", {"document": "hours.html", "span": "5-9", "index_version": "9"}, 404, "document-changed", "changed"),
    ("", {"document": "hours.html", "span": "5000-9000"}, 404, "document-changed", "changed"),
    ("/pages/9", {"document": "fleet.pdf"}, 404, "original-not-shown", "3 pages"),
    ("/pages/0", {"document": "fleet.pdf"}, 404, "original-not-shown", "3 pages"),
    ("/pages/1", {"document": "hours.html"}, 404, "original-not-shown", "only PDFs"),
    ("", {}, 422, "invalid-request", "document"),
    ("", {"document": "hours.html", "span": "x"}, 422, "invalid-request", "START-END"),
    ("", {"document": "hours.html", "span": "9-5"}, 422, "invalid-request", "9-5"),
    ("", {"document": "hours.html", "span": "٣-٥"}, 422, "invalid-request", "START-END"),
    ("", {"document": "hours.html", "span": "1-2", "text": ["a", "b"]}, 422, "invalid-request", "text"),
    ("", {"document": "hours.html", "text": "a"}, 422, "invalid-request", "text"),
    ("/pages/x", {"document": "fleet.pdf"}, 422, "invalid-request", "page"),
    ("/pages/1", {"document": "fleet.pdf", "width": 99}, 422, "invalid-request", "width"),
    ("/pages/1", {"document": "fleet.pdf", "width": 10**9}, 422, "invalid-request", "width"),
    ("/pages/1", {"document": "\x00"}, 422, "invalid-request", "document"),
    ("", {"document": "x" * 5000}, 422, "invalid-request", "document"),
]  # fmt: skip


def test_what_cannot_be_opened_is_said_to_be(start) -> None:
    client = start()
    for path, params, status, problem, named in UNOPENABLE:
        response = client.get(f"{SOURCE}{path}", params=params)
        body = response.json()
        assert (response.status_code, body["type"]) == (status, PROBLEM + problem), (path, params)
        assert named in body["detail"], (path, params)


def test_a_set_that_is_not_there(start) -> None:
    client = start()
    for name in ("none", "no%20name", "../depot"):
        response = client.get(f"/v1/document-sets/{name}/source", params={"document": "x"})
        assert response.status_code in (404, 422)


def test_a_hidden_document_is_as_one_that_does_not_exist(start, documents: Path) -> None:
    client = start(serve__host="0.0.0.0")
    hr, sales, everyone = key("hr", ["hr"]), key("sales", ["sales"]), key("all", None)
    for params in (
        {"span": "0-3"},
        {"span": "0-3", "index_version": "1"},
        {"text": "Pay", "span": "0-0"},
        {},
    ):
        for path in ("", "/pages/1"):
            url = f"{SOURCE}{path}"
            hidden = client.get(url, params={"document": "pay.md", **params}, headers=sales)
            unknown = client.get(url, params={"document": "none.md", **params}, headers=sales)
            assert hidden.status_code == 404
            assert hidden.json() == unknown.json()
            assert "Kestrel" not in hidden.text
    for headers in (hr, everyone):
        found = client.get(SOURCE, params={"document": "pay.md"}, headers=headers)
        assert "earns 71,000" in found.json()["text"]
    # Callers in groups may name the version of an answer here.
    live = client.get(SOURCE, params={"document": "pay.md"}, headers=hr).json()["index_version"]
    params = {"document": "pay.md", "index_version": live, "span": "0-10"}
    assert client.get(SOURCE, params=params, headers=hr).json()["index_version"] == live


def test_no_path_of_the_server_is_shown(start, documents: Path) -> None:
    client = start()
    (documents / "fleet.pdf").unlink()
    response = client.get(SOURCE, params={"document": "fleet.pdf", "span": "0-20"})
    assert response.json()["kind"] == "text"
    assert "cannot be read" in response.json()["original_problem"]
    page = client.get(f"{SOURCE}/pages/1", params={"document": "fleet.pdf"})
    assert page.status_code == 404
    for text in (response.text, page.text):
        assert str(documents.parent) not in text


@pytest.mark.usefixtures("warm_processes")
def test_an_uploaded_pdf_opens(serve) -> None:
    """The original is read from where uploads are kept."""
    client = serve(loading__workers=0)
    name = "/v1/document-sets/manuals"
    assert client.post("/v1/document-sets", json={"document_set": "manuals"}).status_code == 201
    files = {"files": ("fleet 100%.pdf", report(), "application/pdf")}
    assert client.post(f"{name}/documents", files=files).status_code == 201
    job = client.post(f"{name}/sync").json()["id"]
    with client.stream("GET", f"/v1/jobs/{job}/events") as events:
        assert "succeeded" in "".join(events.iter_text())
    view = client.get(
        f"{name}/source", params={"document": "fleet 100%.pdf", "span": "0-60"}
    ).json()
    assert (view["kind"], view["page_count"], view["original_problem"]) == ("pdf", 2, None)
    page = client.get(f"{name}/source/pages/2", params={"document": "fleet 100%.pdf"})
    assert page.content.startswith(b"\x89PNG")


def test_the_routes_are_described(start) -> None:
    described = start().get("/openapi.json").json()["paths"]
    page = described["/v1/document-sets/{name}/source/pages/{page}"]["get"]
    assert list(page["responses"]["200"]["content"]) == ["image/png"]
    view = described["/v1/document-sets/{name}/source"]["get"]
    assert {"200", "401", "403", "404", "422", "429"} <= set(view["responses"])
    assert view["security"]
