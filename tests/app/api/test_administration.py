"""Who may change document sets over REST while callers are not asked who they are."""

from __future__ import annotations

import pytest

SETS = "/v1/document-sets"
MANUALS = {"document_set": "manuals"}


def test_a_service_that_others_can_reach_is_not_administered(serve) -> None:
    client = serve(serve__host="0.0.0.0")
    for method, path in (
        ("POST", SETS),
        ("PUT", f"{SETS}/manuals"),
        ("GET", f"{SETS}/manuals"),
        ("GET", f"{SETS}/manuals/versions"),
        ("POST", f"{SETS}/manuals/documents"),
        ("DELETE", f"{SETS}/manuals/documents/a.md"),
        ("POST", f"{SETS}/manuals/sync"),
        ("POST", f"{SETS}/manuals/publish"),
        ("POST", f"{SETS}/manuals/rollback"),
        ("GET", "/v1/jobs"),
        ("GET", "/v1/jobs/20260101-000000-00000000"),
        ("GET", "/v1/jobs/20260101-000000-00000000/events"),
    ):
        body = {"version": "1"} if path.endswith("publish") else MANUALS
        sent = {"json": body} if method in ("POST", "PUT") else {}
        if path.endswith("/documents"):
            sent = {"files": [("files", ("a.md", b"text"))]}
        if path.endswith(("sync", "rollback")):
            sent = {}
        response = client.request(method, path, **sent)
        assert response.status_code == 403, (method, path, response.text)
        assert "PLUMB_SERVE_ADMINISTRATION" in response.json()["detail"]
    assert client.get(SETS).status_code == 200


def test_it_is_where_the_operator_says_so(serve) -> None:
    client = serve(serve__host="0.0.0.0", serve__administration=True)
    assert client.post(SETS, json=MANUALS).status_code == 201
    off = serve(serve__administration=False)
    assert off.post(SETS, json=MANUALS).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_is_refused(serve, site: str) -> None:
    client = serve()
    asked = client.post(SETS, json=MANUALS, headers={"Sec-Fetch-Site": site})
    assert asked.status_code == 403
    assert "other sites" in asked.json()["detail"]
    own = client.post(SETS, json=MANUALS, headers={"Sec-Fetch-Site": "same-origin"})
    assert own.status_code == 201


def test_a_foreign_name_that_leads_here_is_refused(serve) -> None:
    client = serve()
    foreign = client.post(SETS, json=MANUALS, headers={"Host": "rebound.example"})
    assert foreign.status_code == 403
    for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000"):
        assert client.get("/v1/jobs", headers={"Host": host}).status_code == 200
