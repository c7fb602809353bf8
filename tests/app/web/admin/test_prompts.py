"""Pages of prompts: versions side by side, and moves of aliases under the rules of the command line."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.web.admin.prompts import side_by_side
from evals.cli import gates
from evals.gate.verdict import Verdict
from evals.gate.verdict_store import VerdictStore
from prompts.moves.history import read_history
from prompts.registry import shipped_prompts

PAGE = "/admin/prompts"


@pytest.fixture
def aliases(tmp_path):
    """A prompts folder of the test's own."""
    folder = tmp_path / "prompts"
    shutil.copytree(
        shipped_prompts(), folder, ignore=lambda _, names: [n for n in names if n.endswith(".py")]
    )
    (folder / "aliases.yaml").write_text(
        "answer:\n  production: v1\n  candidate: {split: {v1: 90, v2: 10}}\n"
        "condense:\n  production: v1\n"
    )
    return folder


def move(client, headers, alias="candidate", now="v1 90% + v2 10%", weights=None, **more):
    body = {"alias": alias, "weights": weights or {"v2": 100}, "now": now, **more}
    return client.post(f"{PAGE}/answer/move", json=body, headers=headers)


def test_versions_aliases_and_splits_are_listed(serve_pages, aliases) -> None:
    page = serve_pages(prompt__folder=aliases).get(PAGE).text
    for part in ("v3", "protected", "90%", "10%", "Compare with", "No alias has been moved yet"):
        assert part in page


def test_an_admin_moves_splits_and_takes_back(serve_pages, signed, aliases) -> None:
    client = serve_pages(auth__enabled=True, prompt__folder=aliases)
    admin = signed("admin")
    moved = move(client, admin, why="<b>better</b>")
    assert moved.json() == {
        "place": "answer@candidate",
        "before": "v1 90% + v2 10%",
        "after": "v2",
    }
    split = move(client, admin, now="v2", weights={"v1": 50, "v2": 50, "v3": 0})
    assert split.json()["after"] == "v1 50% + v2 50%"
    page = client.get(PAGE, headers=admin).text
    assert "&lt;b&gt;better&lt;/b&gt;" in page
    assert page.count("key admin-all") >= 2
    assert 'data-then="v2"' in page
    back = client.post(
        f"{PAGE}/answer/rollback",
        json={"alias": "candidate", "now": "v1 50% + v2 50%"},
        headers=admin,
    )
    assert back.json()["after"] == "v2"
    acts = [(entry.action, entry.subject) for entry in client.app.state.guard.audit.entries()]
    assert acts.count(("move-alias", "answer@candidate")) == 2
    assert ("roll-back-alias", "answer@candidate") in acts


def test_an_alias_for_one_set_and_a_new_one(serve_pages, signed, aliases) -> None:
    client = serve_pages(auth__enabled=True, prompt__folder=aliases)
    admin = signed("admin")
    form = client.get(
        f"{PAGE}/answer/move", params={"alias": "trial", "set": "depot"}, headers=admin
    )
    assert 'data-now="nothing"' in form.text
    made = move(client, admin, "trial", "nothing", document_set="depot")
    assert made.json()["place"] == "answer@trial for depot"
    assert move(client, admin, "trial", "nothing", document_set="nowhere").status_code == 404
    for alias in ("v2", "a b", "<script>"):
        assert move(client, admin, alias, "nothing").status_code == 422


def test_a_protected_alias_names_the_command_and_may_only_lose(
    serve_pages, signed, aliases
) -> None:
    client = serve_pages(auth__enabled=True, prompt__folder=aliases)
    admin = signed("admin")
    refused = move(client, admin, "production", "v1")
    assert refused.status_code == 409
    assert "plumb prompts promote v2 production --prompt answer" in refused.json()["detail"]
    refused = move(client, admin, "production", "v1", {"v1": 90, "v2": 10})
    assert "plumb prompts split production v1=90 v2=10" in refused.json()["detail"]
    form = client.get(f"{PAGE}/answer/move", params={"alias": "production"}, headers=admin).text
    assert "plumb prompts promote v3 production" in form
    assert client.app.state.parts.prompts.get("answer").version == "v1"


def keep_verdict(folder: Path, manifest: str, *, passes: bool) -> None:
    at = datetime.now(UTC)
    verdict = Verdict(
        id=f"vd_{at:%H%M%S%f}",
        passes=passes,
        sentence="It is better." if passes else "It is worse.",
        at=at,
        suite="handbook",
        suite_hash="s",
        dataset_hash="d",
        baseline_run="a",
        candidate_run="b",
        baseline_manifest="other",
        candidate_manifest=manifest,
        baseline_label="v1",
        candidate_label="v2",
        alpha=0.05,
        comparisons=[],
    )
    VerdictStore(folder).save(verdict)


def test_a_protected_alias_moves_where_the_service_reads_gates(
    settings_of, signed, aliases, tmp_path
) -> None:
    runs = tmp_path / "evals"
    settings = settings_of(auth__enabled=True, prompt__folder=aliases, evals__folder=str(runs))
    app = create_app(settings, gates=gates)
    with TestClient(app, base_url="http://localhost") as client:
        admin = signed("admin")
        form = f"{PAGE}/answer/move"
        page = client.get(form, params={"alias": "production"}, headers=admin).text
        assert "The move checks it" in page
        assert "plumb prompts promote" not in page
        # No gate has run on this manifest.
        refused = move(client, admin, "production", "v1")
        assert refused.status_code == 409
        assert refused.json()["type"] == "urn:plumbline:problem:not-gated"
        assert "plumb eval gate" in refused.json()["detail"]
        # One that passed counts, and one that failed does not.
        parts = client.app.state.parts  # type: ignore[attr-defined]
        manifest = parts.answers.prepare("manifest", "depot", prompt="v2").manifest
        keep_verdict(runs, manifest.id, passes=False)
        assert "did not pass the gate" in move(client, admin, "production", "v1").json()["detail"]
        keep_verdict(runs, manifest.id, passes=True)
        moved = move(client, admin, "production", "v1")
        assert moved.status_code == 200, moved.text
        assert moved.json()["after"] == "v2"
        (entry,) = read_history(parts.prompts.watched.file)
        assert [one.manifest for one in entry.gates] == [manifest.id]
        assert not entry.override


def test_an_override_takes_a_reason_and_is_recorded(serve_pages, signed, aliases) -> None:
    client = serve_pages(auth__enabled=True, prompt__folder=aliases)
    admin = signed("admin")
    form = client.get(f"{PAGE}/answer/move", params={"alias": "production"}, headers=admin).text
    assert 'name="override"' in form
    bare = move(client, admin, "production", "v1", override=True, why="  ")
    assert (bare.status_code, "needs a reason" in bare.json()["detail"]) == (409, True)
    moved = move(client, admin, "production", "v1", override=True, why="v1 tells wrong hours")
    assert moved.json()["after"] == "v2"
    (entry,) = read_history(client.app.state.parts.prompts.watched.file)
    assert (entry.override, entry.why, entry.by) == (True, "v1 tells wrong hours", "key admin-all")
    audited = client.app.state.guard.audit.entries()[-1]
    assert (audited.action, audited.detail["override"]) == ("move-alias", True)


def test_of_two_who_move_the_second_learns_of_the_first(serve_pages, signed, aliases) -> None:
    client = serve_pages(auth__enabled=True, prompt__folder=aliases)
    admin = signed("admin")
    assert move(client, admin).status_code == 200
    late = move(client, admin, weights={"v3": 1})
    assert late.status_code == 409
    assert "is at v2 now, and no longer at v1 90% + v2 10%" in late.json()["detail"]


def test_words_of_prompts_and_remarks_are_for_who_sees_all(serve_pages, signed, aliases) -> None:
    client = serve_pages(auth__enabled=True, prompt__folder=aliases)
    bound = signed("admin", ["sales"])
    assert move(client, signed("admin"), why="as the salaries say").status_code == 200
    assert "as the salaries say" in client.get(PAGE, headers=signed("admin")).text
    page = client.get(PAGE, headers=bound).text
    assert "answer@candidate" in page
    assert "as the salaries say" not in page
    refused = client.get(f"{PAGE}/answer/diff?before=v1&after=v2", headers=bound)
    assert refused.status_code == 403
    assert "may quote documents" in refused.text


@pytest.mark.parametrize("role", ["editor", "reader"])
def test_only_admins_move(serve_pages, signed, aliases, role) -> None:
    client = serve_pages(auth__enabled=True, prompt__folder=aliases)
    assert move(client, signed(role)).status_code == 403
    back = {"alias": "candidate", "now": "v1"}
    refused = client.post(f"{PAGE}/answer/rollback", json=back, headers=signed(role))
    assert refused.status_code == 403
    if role == "editor":
        page = client.get(PAGE, headers=signed(role)).text
        assert "data-alias-move" not in page
        assert "Only admins can move aliases" in page


def test_weights_that_make_no_target_are_refused(serve_pages, aliases) -> None:
    client = serve_pages(prompt__folder=aliases)
    for weights in ({}, {"v9": 1}, {"v1": -1}, {"v1": 1.5}, {"__proto__": 1}, {"v1": 0}):
        body = {"alias": "candidate", "weights": weights, "now": "v1 90% + v2 10%"}
        assert client.post(f"{PAGE}/answer/move", json=body).status_code == 422, weights


def test_two_versions_stand_side_by_side(serve_pages, aliases) -> None:
    text = (aliases / "answer" / "v1.yaml").read_text()
    client = serve_pages(prompt__folder=aliases)
    page = client.get(f"{PAGE}/answer/diff?before=v1&after=v2").text
    assert "<ins>" in page
    assert "<del>" in page
    assert text
    same = client.get(f"{PAGE}/answer/diff?before=v1&after=production").text
    assert "Both versions have the same content" in same
    for wrong in ("answer/diff?before=v1&after=v99", "nothing/diff?before=v1&after=v2"):
        missing = client.get(f"{PAGE}/{wrong}")
        assert missing.status_code == 422
        assert "<main" in missing.text


def test_words_that_differ_are_marked_and_lines_keep_their_sides() -> None:
    rows = side_by_side(["a", "the old word", "b", "gone"], ["a", "the new word", "b"])
    assert [row.kind for row in rows] == ["same", "changed", "same", "removed"]
    changed = rows[1]
    assert [part.text.strip() for part in changed.before if part.kind == "removed"] == ["old"]
    assert [part.text.strip() for part in changed.after if part.kind == "added"] == ["new"]
    assert "".join(part.text for part in changed.after) == "the new word"
    assert rows[3].after is None
    assert re.fullmatch("gone", rows[3].before[0].text)
