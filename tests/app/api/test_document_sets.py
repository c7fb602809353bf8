"""Sets over REST: defined, replaced, looked at; files uploaded and removed. Nothing is indexed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ingestion.sync.start import stored_definition

PROBLEM = "application/problem+json"
SETS = "/v1/document-sets"


@pytest.fixture
def client(serve) -> TestClient:
    return serve()


def file(name: str, content: bytes = b"Goods are kept for 14 days.") -> tuple[str, tuple]:
    return ("files", (name, content))


def refused(response, status: int, kind: str, message: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM
    assert response.json()["type"] == f"urn:plumbline:problem:{kind}"
    assert message in response.json()["detail"]


def test_a_set_is_defined_with_its_uploads_folder_as_source(client, tmp_path: Path) -> None:
    response = client.post(SETS, json={"document_set": "manuals", "on_failure": "leave_out"})
    assert response.status_code == 201
    assert response.headers["location"] == f"{SETS}/manuals"
    body = response.json()
    assert body["restricted"] is True
    assert body["definition"]["on_failure"] == "leave_out"
    (source,) = body["definition"]["sources"]
    assert source["url"] == str(tmp_path / "plumb-uploads" / "manuals")
    records = client.app.state.parts.catalogue.store.records
    kept = stored_definition(records, "manuals")
    assert kept is not None
    assert kept.restricted
    assert kept.definition.chunking.model_fields_set == set()


def test_what_the_documentation_gives_as_examples_is_accepted(client) -> None:
    api = client.get("/openapi.json").json()
    content = api["paths"][SETS]["post"]["requestBody"]["content"]["application/json"]
    assert content["examples"]
    for example in content["examples"].values():
        assert client.post(SETS, json=example["value"]).status_code == 201


def test_a_name_is_given_once(client) -> None:
    assert client.post(SETS, json={"document_set": "manuals"}).status_code == 201
    again = client.post(SETS, json={"document_set": "manuals"})
    refused(again, 409, "document-set-exists", "PUT /v1/document-sets/manuals")


def test_put_makes_and_replaces(client) -> None:
    def put(**more):
        return client.put(f"{SETS}/manuals", json={"document_set": "manuals", **more})

    assert put().status_code == 201
    assert put(on_failure="leave_out").status_code == 200
    shown = client.get(f"{SETS}/manuals").json()
    assert shown["definition"]["on_failure"] == "leave_out"
    # What GET shows can be sent back as it stands; the uploads folder is not there twice.
    assert client.put(f"{SETS}/manuals", json=shown["definition"]).status_code == 200
    assert client.get(f"{SETS}/manuals").json() == shown
    other = client.put(f"{SETS}/others", json={"document_set": "manuals"})
    refused(other, 422, "invalid-request", "'others'")


def test_sources_are_refused_by_default(client) -> None:
    for url in (
        "/etc",
        "docs",
        "file:///etc/passwd",
        "https://example.org/a",
        "s3://bucket/x",
        "../uploads",
    ):
        response = client.post(SETS, json={"document_set": "manuals", "sources": [{"url": url}]})
        refused(response, 422, "source-error", "must be below one of")
        assert client.get(f"{SETS}/manuals").status_code == 404, url


def test_another_sets_uploads_are_not_a_source(client, tmp_path: Path) -> None:
    client.post(SETS, json={"document_set": "secret"})
    for url in (
        tmp_path / "plumb-uploads" / "secret",
        tmp_path / "plumb-uploads",
        tmp_path / "plumb-uploads" / "manuals" / ".." / "secret",
    ):
        body = {"document_set": "manuals", "sources": [{"url": str(url)}]}
        refused(client.post(SETS, json=body), 422, "source-error", "must be below one of")
    assert client.get(f"{SETS}/manuals").status_code == 404


def test_sources_below_an_allowed_root_are_accepted(serve, tmp_path: Path) -> None:
    client = serve(sync__allowed_roots=[str(tmp_path / "shared")])
    inside = {"document_set": "a", "sources": [{"url": str(tmp_path / "shared" / "docs")}]}
    assert client.post(SETS, json=inside).status_code == 201
    outside = {"document_set": "b", "sources": [{"url": str(tmp_path / "shared-not")}]}
    assert client.post(SETS, json=outside).status_code == 422


def test_a_definition_that_does_not_fit_is_refused(client) -> None:
    for body, message in (
        ({}, "document_set: Field required"),
        ({"document_set": "../x"}, "cannot name a document set"),
        ({"document_set": "a", "colour": "red"}, "colour"),
        ({"document_set": "a", "embedding": {"trust_remote_code": True}}, "trust_remote_code"),
        ({"document_set": "a", "embedding": {"model": "/etc"}}, "sync.allowed_models"),
        ({"document_set": "a", "chunking": {"max_tokens": 1}}, "max_tokens"),
    ):
        refused(client.post(SETS, json=body), 422, "invalid-request", message)
        assert client.get(f"{SETS}/a").status_code == 404, body


def test_a_set_is_looked_at_before_its_first_sync(client) -> None:
    client.post(SETS, json={"document_set": "manuals"})
    shown = client.get(f"{SETS}/manuals").json()
    assert (shown["live"], shown["versions"], shown["uploads"]) == (None, [], [])
    assert client.get(f"{SETS}/manuals/versions").json() == {"versions": []}
    for path in (f"{SETS}/none", f"{SETS}/none/versions"):
        refused(client.get(path), 404, "unknown-document-set", "'none'")
    refused(client.get(f"{SETS}/A"), 422, "invalid-set-name", "'A'")


def test_files_are_uploaded_listed_and_removed(client, tmp_path: Path) -> None:
    client.post(SETS, json={"document_set": "manuals"})
    documents = f"{SETS}/manuals/documents"
    response = client.post(documents, files=[file("b.md"), file("Prüfung 1.txt")])
    assert response.status_code == 201
    assert response.json()["documents"] == ["b.md", "Prüfung 1.txt"]
    assert "next sync" in response.json()["note"]
    assert client.post(documents, files=[file("b.md", b"new")]).status_code == 201
    assert client.get(f"{SETS}/manuals").json()["uploads"] == ["Prüfung 1.txt", "b.md"]
    folder = tmp_path / "plumb-uploads" / "manuals"
    assert (folder / "b.md").read_bytes() == b"new"
    assert sorted(path.name for path in folder.iterdir()) == ["Prüfung 1.txt", "b.md"]
    assert client.delete(f"{documents}/b.md").json()["document"] == "b.md"
    refused(client.delete(f"{documents}/b.md"), 404, "unknown-upload", "'b.md'")
    assert client.get(f"{SETS}/manuals").json()["uploads"] == ["Prüfung 1.txt"]


def test_a_name_that_is_not_fit_stores_nothing(client) -> None:
    client.post(SETS, json={"document_set": "manuals"})
    for name, kind, message in (
        ("../x.md", "invalid-request", "without a folder"),
        ("a\\x.md", "invalid-request", "without a folder"),
        ("/etc/x.md", "invalid-request", "without a folder"),
        (".hidden.md", "invalid-request", "hidden"),
        ("~$x.docx", "invalid-request", "lock file"),
        ("a%41.md", "invalid-request", "rename"),
        (" a.md", "invalid-request", "rename"),
        ("a" * 300 + ".md", "invalid-request", "200 bytes"),
        ("x.exe", "unsupported-format", ".exe files are not supported"),
        ("old.doc", "unsupported-format", "save it as .docx"),
    ):
        response = client.post(f"{SETS}/manuals/documents", files=[file("good.md"), file(name)])
        refused(response, 422, kind, message)
        assert client.get(f"{SETS}/manuals").json()["uploads"] == [], name


def test_uploads_need_a_set_and_files(client) -> None:
    refused(
        client.post(f"{SETS}/none/documents", files=[file("a.md")]),
        404,
        "unknown-document-set",
        "POST /v1/document-sets",
    )
    client.post(SETS, json={"document_set": "manuals"})
    documents = f"{SETS}/manuals/documents"
    refused(client.post(documents), 422, "invalid-request", "files")
    twice = client.post(documents, files=[file("a.md"), file("a.md")])
    refused(twice, 422, "invalid-request", "a.md: uploaded twice")
    assert client.get(f"{SETS}/manuals").json()["uploads"] == []


@pytest.mark.parametrize("path", ["..%2Fother%2Fa.md", "%2Fetc%2Fpasswd", "x/../../other/a.md"])
def test_removing_does_not_lead_elsewhere(client, path: str) -> None:
    for name in ("manuals", "other"):
        client.post(SETS, json={"document_set": name})
    client.post(f"{SETS}/other/documents", files=[file("a.md")])
    assert client.delete(f"{SETS}/manuals/documents/{path}").status_code in (404, 405)
    assert client.get(f"{SETS}/other").json()["uploads"] == ["a.md"]


def test_uploads_have_a_limit_of_their_own(serve) -> None:
    client = serve(serve__max_upload_bytes=3_000_000)
    client.post(SETS, json={"document_set": "manuals"})
    documents = f"{SETS}/manuals/documents"
    # Over the limit of other requests (1 MB), below that of uploads.
    assert client.post(documents, files=[file("a.txt", b"x" * 2_000_000)]).status_code == 201
    large = client.post(documents, files=[file("b.txt", b"x" * 4_000_000)])
    refused(large, 413, "request-too-large", "PLUMB_SERVE_MAX_UPLOAD_BYTES")

    def pieces() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="c.txt"\r\n\r\n'
        for _ in range(40):
            yield b"x" * 100_000

    streamed = client.post(
        documents, content=pieces(), headers={"content-type": "multipart/form-data; boundary=b"}
    )
    refused(streamed, 413, "request-too-large", "3,000,000 bytes")
    assert client.get(f"{SETS}/manuals").json()["uploads"] == ["a.txt"]
    body = client.post(SETS, content=b"x" * 2_000_000)
    refused(body, 413, "request-too-large", "PLUMB_SERVE_MAX_BODY_BYTES")


def test_a_set_of_the_command_line_takes_no_uploads(make_parts, serve) -> None:
    client = serve(index__url=make_parts().settings.index.url)
    response = client.post(f"{SETS}/depot/documents", files=[file("a.md")])
    refused(response, 422, "invalid-request", "PUT /v1/document-sets/depot")
    shown = client.get(f"{SETS}/depot").json()
    assert shown["restricted"] is False
    assert shown["live"]["documents"] == 3
    assert [version["live"] for version in shown["versions"]] == [True]
