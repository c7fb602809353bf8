"""Pages of document sets: what they show, to whom, and what a publication says beforehand."""

from __future__ import annotations

import html
from urllib.parse import quote

import pytest

from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sync.start import sync_source
from tests.app.web.admin.conftest import PUBLIC, SECRET
from tests.indexing import workbench_here

SETS = "/admin/document-sets"


def text_of(response) -> str:
    assert response.status_code == 200, response.text
    return html.unescape(response.text)


def test_the_list_has_counts_languages_and_age(serve_pages, kb) -> None:
    page = text_of(serve_pages().get(SETS))
    for part in ("kb", kb[1], "1 candidate", "depot", "all-MiniLM-L6-v2", "just now", "100%"):
        assert part in page
    assert 'aria-current="page"' in page


def test_readers_are_refused_in_a_page(serve_pages, make_key, signed) -> None:
    client = serve_pages(auth__enabled=True)
    for path in ("/admin", SETS, f"{SETS}/depot", "/admin/jobs"):
        refused = client.get(path, headers=signed("reader"))
        assert refused.status_code == 403
        assert "takes the role editor" in refused.text
        assert "<main" in refused.text
        unknown = client.get(path)
        assert unknown.status_code == 303
        assert unknown.headers["location"] == f"/sign-in?next={quote(path, safe='')}"
        assert client.get(path, headers=signed("editor")).status_code == 200


def test_a_set_shows_versions_moves_and_documents(serve_pages, kb) -> None:
    page = text_of(serve_pages().get(f"{SETS}/kb"))
    assert f"setup published {kb[1]}" in page
    rows = [page.index(f'scope="row"><code class="nowrap">{version}') for version in kb]
    assert rows == sorted(rows, reverse=True)
    for version, button in ((kb[0], "Roll back to version"), (kb[2], "Publish version")):
        assert f'aria-label="{button} {version}"' in page
    assert f'data-version="{kb[1]}"' not in page, "the live version has no button"
    for name in PUBLIC:
        assert name in page


def test_words_left_out_are_shown_of_a_sync_from_the_command_line(
    serve_pages, settings_of, embedder, tmp_path
) -> None:
    client = serve_pages()
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "a.html").write_text("<p>A pump <del>slowly and badly</del> moves water.</p>")
    store = open_store(IndexSettings(url=str(tmp_path / "index")))
    sync_source("old", str(folder), workbench_here(store, embedder))
    store.close()
    assert "struck out or deleted: 3" in text_of(client.get(f"{SETS}/old"))
    assert '<a href="/admin/document-sets/old">3</a>' in client.get(SETS).text
    assert client.get("/v1/document-sets/old").json()["live"]["dropped"] == {
        "struck out or deleted": 3
    }


def test_markup_in_names_is_text(serve_pages, kb) -> None:
    client = serve_pages()
    for path in (f"{SETS}/kb", f"{SETS}/kb/diff?before={kb[0]}&after={kb[1]}"):
        source = client.get(path).text
        assert html.escape(SECRET) in source
        assert SECRET not in source
    assert "&lt;script&gt;" in client.get(f"{SETS}/kb", params={"q": "<script>"}).text


@pytest.mark.parametrize(
    ("groups", "seen"), [(None, True), (["hr"], True), (["sales"], False), ([], False)]
)
def test_documents_are_named_to_their_groups_only(serve_pages, signed, kb, groups, seen) -> None:
    client = serve_pages(auth__enabled=True)
    headers = signed("admin", groups)
    paths = (
        f"{SETS}/kb",
        f"{SETS}/kb?q=salar",
        f"{SETS}/kb/diff?before={kb[0]}&after={kb[1]}",
        f"{SETS}/kb/move?version={kb[0]}",
    )
    for path in paths:
        page = text_of(client.get(path, headers=headers))
        assert ("salaries-" in page) is seen, path
    difference = text_of(client.get(paths[2], headers=headers))
    assert ("1 more is not shared with your groups" in difference) is not seen
    # What no version that answers has is nobody's who is bound to groups.
    candidate = text_of(client.get(f"{SETS}/kb/diff?before={kb[1]}&after={kb[2]}", headers=headers))
    assert ("bonus.md" in candidate) is (groups is None)
    assert "goods.md" in candidate


def test_documents_are_paged_and_searched(serve_pages, kb, monkeypatch) -> None:
    monkeypatch.setattr("app.web.admin.document_sets.OF_A_PAGE", 2)
    client = serve_pages()
    first = text_of(client.get(f"{SETS}/kb"))
    assert "goods.md" in first
    assert "returns.md" not in first
    second = text_of(client.get(f"{SETS}/kb", params={"after": "hours.md"}))
    assert "returns.md" in second
    assert "goods.md" not in second
    found = text_of(client.get(f"{SETS}/kb", params={"q": "RETURN"}))
    assert "returns.md" in found
    assert "goods.md" not in found
    assert "No document has this in its name" in text_of(
        client.get(f"{SETS}/kb", params={"q": "nothing"})
    )


def test_a_long_list_is_looked_through_in_pieces(serve_pages, kb, monkeypatch) -> None:
    monkeypatch.setattr("app.web.admin.document_sets.MOST_SCANNED", 1)
    monkeypatch.setattr("app.web.admin.document_sets.AT_ONCE", 1)
    page = text_of(serve_pages().get(f"{SETS}/kb", params={"q": "returns"}))
    assert "documents were searched. The search continues on the next page" in page
    assert "after=hours.md" in page


def test_what_a_publication_changes_is_said_beforehand(serve_pages, kb) -> None:
    client = serve_pages()
    said = text_of(client.get(f"{SETS}/kb/move", params={"version": kb[2]}))
    assert f'data-live="{kb[1]}"' in said
    assert 'data-action="publish"' in said
    assert f"Publish version {kb[2]} of kb?" in said
    assert "No longer in answers: hours.md" in said
    back = text_of(client.get(f"{SETS}/kb/move", params={"version": kb[0]}))
    assert 'data-action="rollback"' in back
    assert "from now on" not in back
    stale = client.get(f"{SETS}/kb/move", params={"version": kb[1]})
    assert stale.status_code == 422
    assert "live already" in stale.json()["detail"]


def test_a_publication_that_takes_force_says_so(serve_pages, kb) -> None:
    client = serve_pages()
    assert 'name="force"' not in client.get(f"{SETS}/kb/move?version={kb[2]}").text
    strict = {"document_set": "kb", "checks": {"max_removed_share": 0.1}}
    client.put("/v1/document-sets/kb", json=strict)
    assert 'name="force"' in client.get(f"{SETS}/kb/move?version={kb[2]}").text


def test_of_two_who_publish_the_second_learns_of_the_first(serve_pages, signed, kb) -> None:
    client = serve_pages(auth__enabled=True)
    address = "/v1/document-sets/kb"
    seen_by_both = kb[1]
    body = {"version": kb[2], "live": seen_by_both, "force": True}
    assert client.post(f"{address}/publish", json=body, headers=signed()).status_code == 200
    late = client.post(
        f"{address}/rollback", json={"version": kb[0], "live": seen_by_both}, headers=signed()
    )
    assert late.status_code == 409
    assert f"version {kb[2]} is live, and no longer {seen_by_both}" in late.json()["detail"]
    fresh = {"version": kb[0], "live": kb[2]}
    assert client.post(f"{address}/rollback", json=fresh, headers=signed()).status_code == 200
    late = client.post(f"{address}/publish", json={**body, "live": kb[2]}, headers=signed())
    assert late.status_code == 409


def test_remarks_of_others_are_for_who_sees_all(serve_pages, signed, kb) -> None:
    client = serve_pages(auth__enabled=True)
    body = {"version": kb[2], "force": True, "why": "without the salaries of Kestrel"}
    client.post("/v1/document-sets/kb/publish", json=body, headers=signed())
    assert "salaries of Kestrel" in client.get(f"{SETS}/kb", headers=signed()).text
    bound = client.get(f"{SETS}/kb", headers=signed("admin", ["sales"])).text
    assert f"key editor-all published {kb[2]}" in bound
    assert "salaries of Kestrel" not in bound


def test_a_set_that_vanished_is_a_page(serve_pages, kb) -> None:
    client = serve_pages()
    for path in ("gone", "gone/diff?before=1&after=2", "kb/diff?before=9&after=1", "..%2fetc"):
        response = client.get(f"{SETS}/{path}")
        assert response.status_code == 404, path
        if ".." not in path:
            assert "<main" in response.text
    assert client.get(f"{SETS}/gone/move?version=1").headers["content-type"].endswith("json")


def test_uploads_are_shown_and_named_to_who_may_know(serve_pages, signed) -> None:
    client = serve_pages(auth__enabled=True)
    defined = client.post("/v1/document-sets", json={"document_set": "up"}, headers=signed())
    assert defined.status_code == 201
    sent = [("files", ("blueprint<i>.md", b"A plan."))]
    uploaded = client.post("/v1/document-sets/up/documents", files=sent, headers=signed())
    assert uploaded.status_code == 201
    page = text_of(client.get(f"{SETS}/up", headers=signed()))
    assert "blueprint<i>.md" in page
    assert "At most 100.0 MB each" in page
    assert "No versions yet" in page
    bound = text_of(client.get(f"{SETS}/up", headers=signed("editor", ["sales"])))
    assert "blueprint" not in bound
    assert "1 uploaded file" in bound


def test_an_index_without_sets_says_what_to_do(serve_pages, tmp_path) -> None:
    client = serve_pages(index__url=str(tmp_path / "nothing"))
    for path in ("/admin", SETS):
        assert "plumb ingest PATH --set NAME" in client.get(path).text


def test_an_old_index_is_called_so(serve_pages, kb) -> None:
    assert "not synced recently" in serve_pages(web__stale_days=1e-9).get(SETS).text
    overview = serve_pages(web__stale_days=1e-9).get("/admin").text
    assert "kb has not been synced for a long time" in overview
    assert "not synced recently" not in serve_pages(web__stale_days=0).get(SETS).text
