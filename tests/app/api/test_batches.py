"""Batches over REST: real processes, a real database, a real SIGKILL."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.jobs import batch_starter as starting
from app.jobs.kinds import BATCHES
from app.jobs.process_queue import ProcessQueue
from app.main import create_app
from app.security.audit import Audit
from app.security.keys import Keys
from app.store.database import Database

pytestmark = pytest.mark.usefixtures("warm_processes")

URL = "/v1/batches"
WARRANTY = "How long does the warranty on a refrigeration unit last?"
SALARY = "What is the salary of the depot manager at Kestrel?"
SECRET = """---
title: Salaries
groups: [hr]
---
# Salaries

The salary of the depot manager at Kestrel is 71,000 a year.
"""


@pytest.fixture
def start(
    make_parts, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., TestClient]]:
    """The service where callers are asked who they are; one document is for the group hr."""
    (documents / "salaries.md").write_text(SECRET, encoding="utf-8")
    monkeypatch.setattr(starting, "LOOK_AGAIN_S", 0.5)
    with ExitStack() as running:

        def started(**overrides: Any) -> TestClient:
            # They look often.
            how = {"serve__host": "0.0.0.0", "limits__per_minute": 0, **overrides}
            settings = make_parts(**how).settings
            client = TestClient(
                create_app(settings), raise_server_exceptions=False, base_url="http://localhost"
            )
            client.app.state.settings = settings  # type: ignore[attr-defined]
            return running.enter_context(client)

        yield started


def key(name: str, role: str = "reader", groups: list[str] | None = None) -> dict[str, str]:
    """The header with a new key."""
    with closing(Database("sqlite:///plumb-store.db")) as database:
        made = Keys(database).create(name, role, groups)  # type: ignore[arg-type]
    return {"Authorization": f"Bearer {made}"}


def until(client: TestClient, batch: str, who: dict[str, str], done: Callable[[Any], bool]) -> Any:
    """The batch when `done` says so."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        response = client.get(f"{URL}/{batch}", headers=who)
        assert response.status_code == 200, response.text
        if done(response.json()):
            return response.json()
        time.sleep(0.1)
    raise AssertionError(f"it did not come to that: {response.text}")


def has_ended(batch: dict[str, Any]) -> bool:
    return batch["ended"] is not None


def rows(client: TestClient, batch: str, who: dict[str, str]) -> list[dict[str, Any]]:
    response = client.get(f"{URL}/{batch}/answers", headers=who)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/jsonl"
    assert batch in response.headers["content-disposition"]
    return [json.loads(line) for line in response.text.splitlines()]


def test_a_batch_is_answered_in_its_owners_name_and_seen_by_nobody_else(start) -> None:
    client = start()
    owner, other = key("owner", groups=["sales"]), key("other", groups=["hr"])
    admin = key("boss", "admin")
    body = {
        "document_set": "depot",
        "questions": [
            {"question": WARRANTY},
            {"id": "pay", "question": SALARY},
            {"question": "  "},
            {"id": "elsewhere", "question": WARRANTY, "document_set": "wiki"},
            {"id": "csv", "question": "E-214?", "filters": {"document": "codes.csv"}},
        ],
    }
    made = client.post(URL, json=body, headers=owner)
    assert made.status_code == 202, made.text
    batch = made.json()
    assert made.headers["location"] == f"{URL}/{batch['id']}"
    assert (batch["by"], batch["questions"], batch["answered"]) == ("key owner", 5, 0)
    ended = until(client, batch["id"], owner, has_ended)
    assert (ended["state"], ended["answered"], ended["failed"]) == ("completed", 3, 2), ended

    found = rows(client, batch["id"], owner)
    assert [row["id"] for row in found] == ["1", "pay", "3", "elsewhere", "csv"]
    assert "24 months" in found[0]["answer"]["answer"]
    assert found[2]["error"]["type"] == "InvalidQuestion"
    assert found[3]["error"]["type"] == "UnknownDocumentSet"
    assert {passage["document"] for passage in found[4]["answer"]["passages"]} == {"codes.csv"}
    # What the owner may not see, no question of theirs was answered from.
    seen = {passage["document"] for row in found if "answer" in row for passage in row["answer"]["passages"]}  # fmt: skip
    assert "warranty.md" in seen
    assert "salaries.md" not in seen
    # Each answer has its lineage, in the owner's name.
    lineage = client.get(f"/v1/answers/{found[1]['answer']['id']}", headers=owner).json()
    assert (lineage["caller"], lineage["groups"], lineage["question"]) == (
        "key owner",
        ["sales"],
        SALARY,
    )

    for path in (f"{URL}/{batch['id']}", f"{URL}/{batch['id']}/answers", f"{URL}/nonesuch"):
        hidden = client.get(path, headers=other)
        assert (hidden.status_code, hidden.json()["title"]) == (404, "Unknown batch")
    assert client.delete(f"{URL}/{batch['id']}", headers=other).status_code == 404
    assert client.get(URL, headers=other).json() == {"batches": [], "next": None}
    assert client.get(URL, headers=owner).json()["batches"] == [ended]
    assert client.get(URL, headers=admin).json()["batches"] == [ended]
    assert len(rows(client, batch["id"], admin)) == 5

    assert client.delete(f"{URL}/{batch['id']}", headers=owner).status_code == 204
    assert client.get(f"{URL}/{batch['id']}", headers=owner).status_code == 404
    with closing(Database("sqlite:///plumb-store.db")) as database:
        acts = [
            (one.caller, one.action, one.outcome)
            for one in Audit(database).entries()
            if one.subject == batch["id"]
        ]
    assert acts == [
        ("key owner", "create-batch", "done"),
        ("key owner", "download-batch", "done"),
        ("key other", "delete-batch", "UnknownBatch"),
        ("key boss", "download-batch", "done"),
        ("key owner", "delete-batch", "done"),
    ]


def test_it_goes_on_when_its_process_and_the_service_are_killed(start) -> None:
    client = start(limits__batch_questions_per_minute=0, batches__concurrency=1)
    owner = key("owner", groups=["hr"])
    many = 60
    lines = "\n".join(
        json.dumps({"id": f"q{n}", "question": f"Warranty {n}?"}) for n in range(many)
    )
    made = client.post(
        f"{URL}/upload",
        files={"questions": ("q.jsonl", lines)},
        data={"document_set": "depot"},
        headers=owner,
    )
    assert made.status_code == 202, made.text
    batch = made.json()["id"]
    half = until(client, batch, owner, lambda now: now["answered"] >= 3)
    queue = ProcessQueue(client.app.state.settings, BATCHES)  # type: ignore[attr-defined]
    (job,) = queue.list()
    process = queue.book.get(job.id).process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    assert half["state"] == "running"
    before = rows(client, batch, owner)
    assert 3 <= len(before) < many

    ended = until(client, batch, owner, has_ended)
    assert (ended["state"], ended["answered"], ended["failed"]) == ("completed", many, 0), ended
    after = rows(client, batch, owner)
    assert [row["id"] for row in after] == [f"q{n}" for n in range(many)]
    by_id = {row["id"]: row for row in after}
    assert all(by_id[row["id"]] == row for row in before), "a line was written twice"
    assert len(queue.list()) == 2


def test_a_deleted_batch_is_asked_no_more(start) -> None:
    # One question a minute: it would go on for an hour.
    client = start(limits__batch_questions_per_minute=1)
    owner = key("owner")
    body = {"questions": [{"question": f"Warranty {n}?"} for n in range(60)]}
    batch = client.post(URL, json=body, headers=owner).json()["id"]
    until(client, batch, owner, lambda now: now["answered"] == 1)
    assert client.get(f"{URL}/{batch}", headers=owner).json()["answered"] == 1
    queue = ProcessQueue(client.app.state.settings, BATCHES)  # type: ignore[attr-defined]
    (job,) = queue.list()
    assert not job.has_ended
    assert client.delete(f"{URL}/{batch}", headers=owner).status_code == 204
    deadline = time.monotonic() + 30
    while not queue.get(job.id).has_ended and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "was deleted" in (queue.get(job.id).error or "")
    assert len(client.get("/v1/answers", headers=owner).json()["answers"]) == 1


def test_what_makes_no_sense_is_a_problem_detail_and_leaves_nothing(start) -> None:
    client = start(batches__most_questions=3, batches__max_file_bytes=2000)
    who = key("r")

    def upload(content: bytes) -> Any:
        return client.post(f"{URL}/upload", files={"questions": ("q.jsonl", content)}, headers=who)

    one = {"question": WARRANTY}
    wrong = {
        "questions: List should have at least 1 item": client.post(
            URL, json={"questions": []}, headers=who
        ),
        "there are 4, and a batch has 1 to 3": client.post(
            URL, json={"questions": [one] * 4}, headers=who
        ),
        "questions: number 2 has the id '2' of 1": client.post(
            URL, json={"questions": [{**one, "id": 2}, one]}, headers=who
        ),
        "has no version or alias 'v9'": client.post(
            URL, json={"questions": [one], "prompt": "v9"}, headers=who
        ),
        "line 2: is not JSON": upload(b'{"question": "x?"}\nnonsense\n'),
        "is not UTF-8": upload(b"\xff"),
        "there are 0": upload(b"\n\n"),
    }
    for message, response in wrong.items():
        assert response.status_code == 422, response.text
        assert response.headers["content-type"] == "application/problem+json"
        assert message in response.json()["detail"]
    unknown = client.post(URL, json={"questions": [one], "document_set": "wiki"}, headers=who)
    assert unknown.status_code == 404
    large = upload(b'{"question": "x?"}\n' * 200)
    assert (large.status_code, "PLUMB_BATCHES_MAX_FILE_BYTES" in large.text) == (413, True)
    assert client.get(URL, params={"after": "x"}, headers=who).status_code == 422
    assert client.get(URL, headers=who).json()["batches"] == []


def test_a_caller_has_only_so_many_unfinished_and_sees_them_in_pages(start) -> None:
    client = start(batches__most_unfinished=3, limits__batch_questions_per_minute=1)
    owner = key("owner")
    body = {"questions": [{"question": WARRANTY}, {"question": "Hours?"}]}
    made = [client.post(URL, json=body, headers=owner).json()["id"] for _ in range(3)]
    refused = client.post(URL, json=body, headers=owner)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    page = client.get(URL, params={"limit": 2}, headers=owner).json()
    assert [batch["id"] for batch in page["batches"]] == [made[2], made[1]]
    rest = client.get(URL, params={"after": page["next"]}, headers=owner).json()
    assert ([batch["id"] for batch in rest["batches"]], rest["next"]) == ([made[0]], None)
    for batch in made:
        assert client.delete(f"{URL}/{batch}", headers=owner).status_code == 204


def test_a_batch_that_cannot_be_begun_is_not_kept(start, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    client = start(jobs__folder=str(tmp_path / "taken"))
    who = key("r")
    response = client.post(URL, json={"questions": [{"question": WARRANTY}]}, headers=who)
    assert response.status_code == 503
    assert "jobs.folder" in response.json()["detail"]
    assert client.get(URL, headers=who).json()["batches"] == []


def test_pages_of_other_sites_may_not_make_one(make_parts) -> None:
    settings = make_parts().settings
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        response = client.post(
            f"{URL}/upload",
            files={"questions": ("q.jsonl", b'{"question": "x?"}')},
            headers={"sec-fetch-site": "cross-site"},
        )
    assert response.status_code == 403
