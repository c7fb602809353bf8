"""Syncs over REST, through the real process, the real model and a real LanceDB folder."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.jobs.work import MOST_ERROR_CHARS
from app.security.keys import Keys
from app.store.database import Database

pytestmark = pytest.mark.usefixtures("warm_processes")

SETS = "/v1/document-sets"
QUESTION = {"q": "How long are goods kept in quarantine?", "document_set": "manuals"}


@pytest.fixture
def client(serve) -> TestClient:
    client = serve(loading__workers=0)
    assert client.post(SETS, json={"document_set": "manuals"}).status_code == 201
    return client


def upload(client: TestClient, **files: str) -> None:
    sent = [("files", (f"{name}.md", text.encode())) for name, text in files.items()]
    assert client.post(f"{SETS}/manuals/documents", files=sent).status_code == 201


def events(client: TestClient, path: str) -> list[tuple[str, dict[str, Any]]]:
    response = client.get(f"{path}/events")
    assert response.headers["content-type"].startswith("text/event-stream")
    found = []
    for event in response.text.removesuffix("\n\n").split("\n\n"):
        if not event.startswith(":"):
            name, data = event.split("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def sync(client: TestClient, **request: Any) -> dict[str, Any]:
    """The job when it has ended."""
    response = client.post(f"{SETS}/manuals/sync", json=request)
    assert response.status_code == 202, response.text
    received = events(client, response.headers["location"])
    assert [name for name, _ in received].count("end") == 1
    assert received[-1][0] == "end"
    return received[-1][1]


def found(client: TestClient) -> set[str]:
    # A version that another process published is looked for once a second; a test does not wait.
    client.app.state.parts.sets._live.clear()  # type: ignore[attr-defined]
    passages = client.get("/v1/search", params=QUESTION).json()["passages"]
    return {passage["document"] for passage in passages}


def test_upload_sync_search_delete_rollback(client, serve) -> None:
    upload(client, goods="Goods are kept in quarantine for 14 days.", hours="Open from 5:30.")
    started = client.post(f"{SETS}/manuals/sync")
    assert started.status_code == 202
    job = started.json()
    assert started.headers["location"] == f"/v1/jobs/{job['id']}"
    assert job["state"] == "queued"
    received = events(client, f"/v1/jobs/{job['id']}")
    assert {name for name, _ in received[:-1]} == {"progress"}
    ended = received[-1][1]
    assert ended["state"] == "succeeded", ended
    assert ended["report"]["added"] == 2
    assert ended["progress"]["documents"] == 2
    assert ended["started"] <= ended["ended"]
    assert "testclient" in ended["by"]
    assert "goods.md" in found(client)

    # Another process of the service, on the same folders, knows the job.
    other = serve()
    assert other.get(f"/v1/jobs/{job['id']}").json() == ended
    assert [known["id"] for known in other.get("/v1/jobs").json()["jobs"]] == [job["id"]]

    assert client.delete(f"{SETS}/manuals/documents/goods.md").status_code == 200
    held_back = sync(client)
    assert held_back["state"] == "not_published"
    assert held_back["report"]["not_published"]
    assert "goods.md" in found(client)
    candidate = held_back["report"]["index_version"]

    refused = client.post(f"{SETS}/manuals/publish", json={"version": candidate})
    assert refused.status_code == 409
    body = {"version": candidate, "force": True, "why": "meant"}
    published = client.post(f"{SETS}/manuals/publish", json=body).json()
    assert (published["version"], published["why"]) == (candidate, "meant")
    shown = client.get(f"{SETS}/manuals").json()
    assert shown["live"]["index_version"] == candidate
    assert len(shown["versions"]) == 2
    assert shown["live"]["dropped"] == {}
    assert shown["restricted"] is True, "a sync must not free the set of its restriction"
    back = client.post(f"{SETS}/manuals/rollback")
    assert back.status_code == 200
    assert back.json()["action"] == "rollback"
    again = client.post(f"{SETS}/manuals/rollback", json={"version": "9"})
    assert again.status_code == 404

    gone = sync(client, force=True)
    assert (gone["state"], gone["report"]["removed"]) == ("succeeded", 1)
    assert found(client) == {"hours.md"}

    # With the last upload gone too, an empty set is what is left, and no error.
    assert client.delete(f"{SETS}/manuals/documents/hours.md").status_code == 200
    emptied = sync(client, force=True, why="closing down")
    assert emptied["state"] == "succeeded", emptied
    assert emptied["report"]["documents_in_set"] == 0
    assert found(client) == set()
    assert "no document to remove" in sync(client)["error"]


def test_a_failed_sync_says_why_and_leaves_the_set_alone(client) -> None:
    ended = sync(client)
    assert ended["state"] == "failed"
    assert "there is no upload to index" in ended["error"]
    assert ended["report"] is None
    # The failed job does not stand in the way of the next.
    assert sync(client)["state"] == "failed"
    assert len(client.get("/v1/jobs").json()["jobs"]) == 2


def test_one_job_of_a_set_at_a_time(client) -> None:
    first = client.post(f"{SETS}/manuals/sync")
    second = client.post(f"{SETS}/manuals/sync")
    assert (first.status_code, second.status_code) == (202, 409)
    assert first.json()["id"] in second.json()["detail"]
    assert second.json()["type"] == "urn:plumbline:problem:job-is-active"
    events(client, first.headers["location"])


def test_a_sync_is_cancelled_and_the_next_one_ends_it(client) -> None:
    upload(client, **{f"part{n}": f"Part {n} is kept on shelf {n}." for n in range(60)})
    started = client.post(f"{SETS}/manuals/sync")
    path = started.headers["location"]
    asked = client.post(f"{path}/cancel")
    assert asked.status_code == 202
    assert "testclient" in asked.json()["cancelled_by"]
    name, ended = events(client, path)[-1]
    assert (name, ended["state"], ended["error"]) == ("end", "cancelled", None)
    assert ended["cancelled_by"] == asked.json()["cancelled_by"]
    assert client.get(f"{SETS}/manuals").json()["live"] is None
    assert client.post(f"{path}/cancel").json() == ended, "cancelling again changes nothing"

    entries = client.app.state.guard.audit.entries()  # type: ignore[attr-defined]
    result = [(one.subject, one.outcome, one.detail) for one in entries if "cancel" in one.action]
    assert result == [("manuals", "done", {"job": ended["id"]})] * 2

    done = sync(client)
    assert (done["state"], done["report"]["documents_in_set"]) == ("succeeded", 60)
    late = client.post(f"/v1/jobs/{done['id']}/cancel")
    assert late.status_code == 409
    assert late.json()["type"] == "urn:plumbline:problem:job-has-ended"
    assert "succeeded" in late.json()["detail"]


def test_a_source_that_is_allowed_no_longer_is_not_synced(serve, tmp_path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "a.md").write_text("Goods are kept for 14 days.")
    before = serve(sync__allowed_roots=[str(tmp_path / "shared")])
    body = {"document_set": "manuals", "sources": [{"url": str(tmp_path / "shared")}]}
    assert before.post(SETS, json=body).status_code == 201
    ended = sync(serve())
    assert ended["state"] == "failed"
    assert "must be below one of" in ended["error"]


def test_what_is_not_there_is_a_problem_detail(client) -> None:
    for path in (
        "/v1/jobs/20260101-000000-00000000",
        "/v1/jobs/..%2F.place-0",
        "/v1/jobs/x/events",
    ):
        assert client.get(path).status_code == 404
    unknown = client.post(f"{SETS}/none/sync")
    assert (unknown.status_code, unknown.json()["title"]) == (404, "Unknown document set")
    wrong = client.post(f"{SETS}/manuals/sync", json={"colour": "red"})
    assert wrong.status_code == 422
    assert client.post(f"{SETS}/manuals/rollback").status_code == 404


def test_an_index_of_one_process_takes_no_jobs(serve) -> None:
    client = serve(index__url="qdrant+memory:")
    client.post(SETS, json={"document_set": "manuals"})
    response = client.post(f"{SETS}/manuals/sync")
    assert response.status_code == 422
    assert "qdrant+memory:" in response.json()["detail"]
    assert client.get("/v1/jobs").json() == {"jobs": []}


def test_a_jobs_folder_that_cannot_be_written_is_a_503(serve, tmp_path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    client = serve(jobs__folder=str(tmp_path / "taken"))
    client.post(SETS, json={"document_set": "manuals"})
    response = client.post(f"{SETS}/manuals/sync")
    assert response.status_code == 503
    assert "jobs.folder" in response.json()["detail"]


def test_only_so_many_streams_of_events_at_once_and_each_only_for_so_long(serve) -> None:
    client = serve(loading__workers=0, limits__followers_at_once=1, limits__follow_s=0.01)
    client.post(SETS, json={"document_set": "manuals"})
    upload(client, goods="Goods are kept in quarantine for 14 days.")
    job = client.post(f"{SETS}/manuals/sync").headers["location"]
    followers = client.app.state.guard.followers
    with followers.taken():
        busy = client.get(f"{job}/events")
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "1")
        assert client.get(job).status_code == 200
    ends = 0
    while not ends:
        # A stream that is over before the job is says so by no `end`; its slot is free again.
        ends = [name for name, _ in events(client, job)].count("end")
    followers.taken().free()


def test_one_caller_follows_only_so_many_jobs_and_leaves_room_for_others(serve) -> None:
    client = serve(
        loading__workers=0,
        serve__host="0.0.0.0",
        limits__followers_per_caller=2,
        limits__followers_at_once=8,
        limits__follow_s=0.01,
    )
    with closing(Database("sqlite:///plumb-store.db")) as database:
        keys = Keys(database)
        flood, other = (keys.create(name, "editor") for name in ("flood", "other"))
    with_key = {"X-API-Key": flood}
    assert client.post(SETS, json={"document_set": "manuals"}, headers=with_key).status_code == 201
    started = client.post(f"{SETS}/manuals/sync", headers=with_key)
    path = f"{started.headers['location']}/events"
    guard = client.app.state.guard
    who = guard.holder(guard.identify(flood, "testclient"))
    held = [guard.followers.taken(who) for _ in range(2)]
    busy = client.get(path, headers=with_key)
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "1")
    assert "2 of your jobs" in busy.json()["detail"]
    assert client.get(path, headers={"X-API-Key": other}).status_code == 200
    held[0].free()
    # A stream that has ended gives its place back.
    for _ in range(3):
        assert client.get(path, headers=with_key).status_code == 200
    held[1].free()


def test_a_failed_jobs_error_is_short_and_names_no_folder_of_the_server(
    serve, tmp_path: Path
) -> None:
    roots = [tmp_path / f"secret place {number} {'x' * 60}" for number in range(40)]
    for root in roots:
        root.mkdir()
    (roots[0] / "a.md").write_text("Goods are kept for 14 days.")
    before = serve(sync__allowed_roots=[str(roots[0])])
    body = {"document_set": "manuals", "sources": [{"url": str(roots[0])}]}
    assert before.post(SETS, json=body).status_code == 201
    client = serve(sync__allowed_roots=[str(root) for root in roots[1:]])
    ended = sync(client)
    assert ended["state"] == "failed"
    assert "must be below one of" in ended["error"]
    path = f"/v1/jobs/{ended['id']}"
    for shown in (ended, client.get(path).json(), client.get("/v1/jobs").json()["jobs"][0]):
        assert len(shown["error"]) <= MOST_ERROR_CHARS
        assert "\n" not in shown["error"]
        assert str(tmp_path) not in shown["error"]
        assert str(tmp_path.parent) not in shown["error"]
