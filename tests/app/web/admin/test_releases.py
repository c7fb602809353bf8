"""Pages of releases: shares, history, what a release pins."""

from __future__ import annotations

import pytest

from app.manifest import Manifest, RetrievalManifest
from app.releases.history import EVENTS, ReleaseHistory, Remark
from app.releases.release import PromptPin, ReleasedSet, new_release

PAGE = "/admin/releases"
MANIFEST = Manifest(
    document_set="depot", index_version="1-aa", embedding_model="m", embedding_hash="h",
    prompt="answer@v1", prompt_hash="p", chat_model="extractive", chat_parameters={},
    retrieval=RetrievalManifest(fusion="f", passages=6, depth=100),
)  # fmt: skip


def add(client, why: str = "") -> str:
    history = ReleaseHistory(client.app.state.parts.catalogue.store.records)
    before = history.ids()
    one = ReleasedSet(
        index_number=1,
        index_version="1-aa",
        prompts={"answer": PromptPin(version="v7", content_hash="p")},
        manifest=MANIFEST,
    )
    release = new_release(
        by="tests", why=why, commit="c0ffee", sets={"depot": one}, settings={}, override="a test",
        previous=history.get(before[-1]).hash if before else None,
    )  # fmt: skip
    assert history.add(release)
    return release.id


def happen(client, action: str, release_id: str, **more) -> None:
    history = ReleaseHistory(client.app.state.parts.catalogue.store.records)
    history.append(action, history.get(release_id), Remark(why="<b>ship</b>"), **more)


def test_shares_history_and_pins(serve_pages) -> None:
    client = serve_pages()
    assert "plumb release create" in client.get(PAGE).text
    old, new = add(client), add(client, "faster")
    happen(client, "promoting", old)
    happen(client, "promoted", old)
    happen(client, "canary", new, share=10)
    page = client.get(PAGE).text
    for part in (
        "90 %",
        "10 %",
        old,
        new,
        "answer@v7",
        "faster",
        "&lt;b&gt;ship&lt;/b&gt;",
        "overridden",
    ):
        assert part in page, part
    one = client.get(f"{PAGE}/{new}").text
    for part in ("10 % of the traffic", MANIFEST.id, "c0ffee", "a test", "canary"):
        assert part in one, part
    happen(client, "withdrawn", new)
    page = client.get(PAGE).text
    assert "100 %" in page
    assert "rolled back" in page


def test_an_edited_history_is_reported(serve_pages) -> None:
    client = serve_pages()
    release_id = add(client)
    client.app.state.parts.catalogue.store.records.put(f"{EVENTS}/00000001", "{}")
    for path in (PAGE, f"{PAGE}/{release_id}"):
        refused = client.get(path)
        assert refused.status_code == 409
        assert "history of releases was changed" in refused.text


@pytest.mark.parametrize("name", ["rel-000000000000", "rel-..", "<script>"])
def test_an_unknown_release_is_a_page(serve_pages, name) -> None:
    missing = serve_pages().get(f"{PAGE}/{name}")
    assert missing.status_code == 404
    assert '<script>"' not in missing.text


def test_readers_see_no_releases(serve_pages, signed) -> None:
    client = serve_pages(auth__enabled=True)
    assert client.get(PAGE, headers=signed("reader")).status_code == 403
    release_id = add(client, "with the salaries")
    for path in (PAGE, f"{PAGE}/{release_id}"):
        bound = client.get(path, headers=signed("editor", ["hr"]))
        assert bound.status_code == 200
        assert release_id in bound.text
        assert "salaries" not in bound.text
        assert "salaries" in client.get(path, headers=signed("editor")).text
