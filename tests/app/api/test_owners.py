"""Whose stored things are, over HTTP: names decide nothing, and groups hold as they are now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from app.batch.batch import new_batch_id
from app.batch.questions import BatchQuestion
from app.batch.run import run_batch
from app.batch.unfinished import UnfinishedBatches
from app.errors import CannotReplay
from app.jobs.job import JobRecord, SyncRequest, sync_job
from app.lineage.replay import replay
from app.lineage.tables import AnswerRow
from app.main import create_app
from app.security.keys import Keys
from app.store.database import Database
from ingestion.embedding.embedder import Embedder
from ingestion.sync.report import Problem, SyncReport
from ingestion.sync.start import sync_source
from tests.app.security.issuer import AUDIENCE, Issuer, running_issuer
from tests.indexing import workbench_here

PAY = "What is the salary of the depot manager at Kestrel?"
HOURS = "When does the Kestrel depot open?"
WORD = "71,000"
SECRET = f"""---
title: Salaries
groups: [hr]
---
# Salaries

The salary of the depot manager at Kestrel is {WORD} a year.
"""
Headers = dict[str, str]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture
def client(make_parts, documents: Path, issuer: Issuer) -> Iterator[TestClient]:
    """The service with keys and tokens; one document is for the group hr."""
    (documents / "salaries.md").write_text(SECRET, encoding="utf-8")
    settings = make_parts(
        serve__host="0.0.0.0", auth__issuer=issuer.url, auth__audience=AUDIENCE
    ).settings
    with ExitStack() as running:
        app = create_app(settings)
        yield running.enter_context(TestClient(app, raise_server_exceptions=False))


def key(name: str, groups: list[str] | None = None, role: str = "reader") -> Headers:
    """The header with a new key, in the place of one of that name."""
    with closing(Database("sqlite:///plumb-store.db")) as database:
        keys = Keys(database)
        if any(one.name == name and one.revoked is None for one in keys.all()):
            keys.revoke(name)
        return {"X-API-Key": keys.create(name, role, groups)}  # type: ignore[arg-type]


def token(issuer: Issuer, subject: str, groups: list[str], **claims: Any) -> Headers:
    """The header with a new token."""
    made = issuer.token(sub=subject, groups=groups, **claims)
    return {"Authorization": f"Bearer {made}"}


def ask(
    client: TestClient, who: Headers, question: str = PAY, session: str = "s", **filters: str
) -> Any:
    body = {
        "question": question,
        "document_set": "depot",
        "session_id": session,
        "filters": filters,
    }
    response = client.post("/v1/chat", json=body, headers=who)
    assert response.status_code == 200, response.text
    return response.json()


def batch(client: TestClient, who: Headers, question: str = PAY) -> str:
    """A batch of one question that is answered, in this process."""
    state: Any = client.app.state  # type: ignore[attr-defined]
    secret = who.get("X-API-Key") or who["Authorization"].removeprefix("Bearer ")
    caller = state.guard.identify(secret, "testclient")
    made = state.batches.create(
        new_batch_id(), [BatchQuestion(id="q", question=question)], caller, document_set="depot"
    )
    opened = UnfinishedBatches(state.answer_log._database).open(made.id)
    run_batch(
        opened.questions,
        opened,
        lambda asked: state.turns.take(asked, opened.caller),
        document_set="depot",
    )
    opened.end()
    return str(made.id)


def reads(client: TestClient, who: Headers, answer: str, of: str) -> dict[str, Any]:
    """All ways to read back: status and body of each."""
    paths = {
        "answer": ("GET", f"/v1/answers/{answer}"),
        "feedback": ("POST", f"/v1/answers/{answer}/feedback"),
        "answers": ("GET", "/v1/answers"),
        "session": ("GET", "/v1/sessions/s"),
        "sessions": ("GET", "/v1/sessions"),
        "batch": ("GET", f"/v1/batches/{of}"),
        "lines": ("GET", f"/v1/batches/{of}/answers"),
        "batches": ("GET", "/v1/batches"),
    }
    sent: dict[str, Any] = {"json": {"thumb": "up"}}
    return {
        name: client.request(method, path, headers=who, **(sent if method == "POST" else {}))
        for name, (method, path) in paths.items()
    }


def nothing_is_there(client: TestClient, who: Headers, answer: str, of: str) -> None:
    """To a stranger the answer, its session and its batch are not there."""
    found = reads(client, who, answer, of)
    statuses = {name: response.status_code for name, response in found.items()}
    one = ("answer", "feedback", "session", "batch", "lines")
    assert statuses == {name: 404 if name in one else 200 for name in statuses}
    assert found["answers"].json()["answers"] == []
    assert found["sessions"].json()["sessions"] == []
    assert found["batches"].json()["batches"] == []
    for path in (f"/v1/answers/{answer}", "/v1/sessions/s", f"/v1/batches/{of}"):
        assert client.delete(path, headers=who).status_code == 404


@pytest.mark.parametrize("groups", [["sales"], ["hr"], []])
def test_a_key_remade_under_a_name_has_nothing_of_its_predecessor(
    client: TestClient, groups: list[str]
) -> None:
    first = key("portal", ["hr"])
    asked, of = ask(client, first), batch(client, first)
    assert WORD in asked["answer"]
    second = key("portal", groups)
    assert client.get("/v1/answers", headers=first).status_code == 401
    nothing_is_there(client, second, asked["id"], of)
    # Nor does its conversation go on: a follow-up finds no history.
    again = ask(client, second, "And at the Merlin depot?")
    assert again["standalone_question"] == "And at the Merlin depot?"


def test_who_left_a_group_reads_no_more_what_it_showed(client: TestClient, issuer: Issuer) -> None:
    inside = token(issuer, "anna", ["hr", "sales"])
    asked, of = ask(client, inside), batch(client, inside)
    harmless = ask(client, inside, HOURS, session="t", document="hours.html")
    assert WORD in asked["answer"]
    outside = token(issuer, "anna", ["sales"])
    found = reads(client, outside, asked["id"], of)
    for name in ("answer", "feedback", "session"):
        assert found[name].status_code == 404, name
    assert [one["id"] for one in found["answers"].json()["answers"]] == [harmless["id"]]
    (line,) = [json.loads(one) for one in found["lines"].text.splitlines()]
    assert line["error"]["type"] == "Withheld"
    assert line["question"] == PAY
    for name, response in found.items():
        assert WORD not in response.text, name
        assert "salaries.md" not in response.text, name
    follow_up = ask(client, outside, "And at the Merlin depot?")
    assert WORD not in json.dumps(follow_up)
    assert follow_up["standalone_question"] == "And at the Merlin depot?"
    # What is theirs is theirs: back in the group, they have it again.
    back = reads(client, token(issuer, "anna", ["hr"]), asked["id"], of)
    assert WORD in back["answer"].text
    assert WORD in back["lines"].text
    assert WORD in back["session"].text


def moved(client: TestClient, documents: Path, embedder: Embedder, groups: str | None) -> None:
    """Give the document other groups at its source, or remove it there, and publish that."""
    file = documents / "salaries.md"
    if groups is None:
        file.unlink()
    else:
        file.write_text(SECRET.replace("[hr]", groups), encoding="utf-8")
    state: Any = client.app.state  # type: ignore[attr-defined]
    sync_source("depot", str(documents), workbench_here(state.parts.catalogue.store, embedder))
    # A new version is looked for once a second; a test does not wait for it.
    state.parts.sets._live.clear()


@pytest.mark.parametrize("groups", ["[board]", "[]", None], ids=["moved", "hidden", "removed"])
def test_a_document_that_moves_is_hidden_in_what_was_stored_before(
    client: TestClient, issuer: Issuer, documents: Path, embedder: Embedder, groups: str | None
) -> None:
    inside = token(issuer, "anna", ["hr"])
    asked, of = ask(client, inside), batch(client, inside)
    harmless = ask(client, inside, HOURS, session="t", document="hours.html")
    assert WORD in asked["answer"]
    state: Any = client.app.state  # type: ignore[attr-defined]
    caller = state.guard.identify(inside["Authorization"].removeprefix("Bearer "), "testclient")
    record = state.answer_log.get(asked["id"], caller)
    moved(client, documents, embedder, groups)
    found = reads(client, inside, asked["id"], of)
    for name in ("answer", "feedback", "session"):
        assert found[name].status_code == 404, name
    assert [one["id"] for one in found["answers"].json()["answers"]] == [harmless["id"]]
    (line,) = [json.loads(one) for one in found["lines"].text.splitlines()]
    assert line["error"]["type"] == "Withheld"
    for name, response in found.items():
        assert WORD not in response.text, name
    with pytest.raises(CannotReplay, match="may not see any more"):
        replay(record, state.parts.answers, caller, state.read_access)
    follow_up = ask(client, inside, "And at the Merlin depot?")
    assert WORD not in json.dumps(follow_up)
    assert follow_up["standalone_question"] == "And at the Merlin depot?"
    # Who sees all documents reads it still.
    admin = token(issuer, "root", [], roles=["admin"])
    assert WORD in client.get(f"/v1/answers/{asked['id']}", headers=admin).text
    # Back where it was, it is shown again.
    moved(client, documents, embedder, "[hr]")
    assert WORD in client.get(f"/v1/answers/{asked['id']}", headers=inside).text


def test_a_follow_up_is_hidden_with_the_documents_of_its_conversation(
    client: TestClient, issuer: Issuer, documents: Path, embedder: Embedder
) -> None:
    inside = token(issuer, "anna", ["hr"])
    ask(client, inside)
    follow_up = ask(client, inside, "And when does it open?", document="hours.html")
    assert {one["document"] for one in follow_up["passages"]} == {"hours.html"}
    moved(client, documents, embedder, "[board]")
    assert client.get(f"/v1/answers/{follow_up['id']}", headers=inside).status_code == 404
    assert client.get("/v1/sessions/s", headers=inside).status_code == 404


def test_answers_of_before_the_column_are_held_by_their_passages(
    client: TestClient, issuer: Issuer, documents: Path, embedder: Embedder
) -> None:
    inside = token(issuer, "anna", ["hr"])
    asked = ask(client, inside)
    state: Any = client.app.state  # type: ignore[attr-defined]
    state.answer_log.flush()
    with state.answer_log._database.session() as session:
        session.execute(update(AnswerRow).values(documents=None))
    assert client.get(f"/v1/answers/{asked['id']}", headers=inside).status_code == 200
    assert len(client.get("/v1/answers", headers=inside).json()["answers"]) == 1
    moved(client, documents, embedder, "[board]")
    assert client.get(f"/v1/answers/{asked['id']}", headers=inside).status_code == 404
    assert client.get("/v1/answers", headers=inside).json()["answers"] == []


def test_a_follow_up_needs_what_the_conversation_needed(client: TestClient, issuer: Issuer) -> None:
    inside = token(issuer, "anna", ["hr"])
    ask(client, inside)
    question = "And when does it open?"
    follow_up = ask(client, inside, question, document="hours.html")
    assert {one["document"] for one in follow_up["passages"]} == {"hours.html"}
    assert follow_up["standalone_question"] != question
    url = f"/v1/answers/{follow_up['id']}"
    assert client.get(url, headers=inside).status_code == 200
    assert client.get(url, headers=token(issuer, "anna", [])).status_code == 404
    assert client.get("/v1/sessions/s", headers=token(issuer, "anna", [])).status_code == 404


def test_holders_of_tokens_alike_in_name_have_nothing_in_common(
    client: TestClient, issuer: Issuer
) -> None:
    first = token(issuer, "a b", ["hr"], preferred_username="anna")
    asked, of = ask(client, first), batch(client, first)
    for subject in ("a_b", "a  b", "A b", "anna"):
        other = token(issuer, subject, ["hr"], preferred_username="anna")
        nothing_is_there(client, other, asked["id"], of)
    nameless = token(issuer, "", ["hr"], preferred_username=None)
    refused = client.get("/v1/answers", headers=nameless)
    assert refused.status_code == 401
    assert "sub" in refused.json()["detail"]


@pytest.mark.parametrize("groups", [["sales"], ["hr"], []])
def test_an_admin_key_bound_to_groups_has_what_is_its_own(
    client: TestClient, groups: list[str]
) -> None:
    reader, bound = key("reader", ["hr"]), key("bound", groups, "admin")
    asked, of = ask(client, reader), batch(client, reader)
    nothing_is_there(client, bound, asked["id"], of)
    own = ask(client, bound)
    assert client.get(f"/v1/answers/{own['id']}", headers=bound).status_code == 200
    everyones = reads(client, key("free", None, "admin"), asked["id"], of)
    assert WORD in everyones["answer"].text
    assert WORD in everyones["lines"].text
    assert len(everyones["answers"].json()["answers"]) >= 2


def test_an_admin_who_is_one_no_more_reads_no_more_of_others(
    client: TestClient, issuer: Issuer
) -> None:
    anna = key("anna", ["hr"])
    asked, of = ask(client, anna), batch(client, anna)
    admin = token(issuer, "boss", [], roles=["admin"])
    own = ask(client, admin)
    assert WORD in own["answer"]
    assert WORD in client.get(f"/v1/answers/{asked['id']}", headers=admin).text
    reader = token(issuer, "boss", ["sales"], roles=["reader"])
    found = reads(client, reader, asked["id"], of)
    assert found["answer"].status_code == 404
    assert client.get(f"/v1/answers/{own['id']}", headers=reader).status_code == 404
    assert all(WORD not in response.text for response in found.values())


def test_what_others_write_as_feedback_is_not_shown_to_who_is_bound_to_groups(
    client: TestClient,
) -> None:
    bound, admin = key("bound", ["sales"]), key("boss", None, "admin")
    asked = ask(client, bound, HOURS)
    url = f"/v1/answers/{asked['id']}"
    said = {"thumb": "down", "reason": f"no: {WORD}", "corrected_answer": f"It is {WORD}."}
    assert client.post(f"{url}/feedback", json=said, headers=admin).status_code == 201
    own = {"thumb": "up", "reason": "as I thought"}
    assert client.post(f"{url}/feedback", json=own, headers=bound).status_code == 201
    shown = client.get(url, headers=bound)
    assert WORD not in shown.text
    assert [(one["caller"], one["thumb"], one["reason"]) for one in shown.json()["feedback"]] == [
        ("key boss", "down", None),
        ("key bound", "up", "as I thought"),
    ]
    assert WORD in client.get(url, headers=admin).text


def test_answers_of_before_owners_were_known_are_the_admins_who_see_all(
    client: TestClient,
) -> None:
    reader, bound = key("reader"), key("bound", ["hr"], "admin")
    asked = ask(client, reader, HOURS)
    state: Any = client.app.state  # type: ignore[attr-defined]
    state.answer_log.flush()
    with state.answer_log._database.session() as session:
        session.execute(update(AnswerRow).values(owner=None, needs=None))
    url = f"/v1/answers/{asked['id']}"
    for who in (reader, bound):
        assert client.get(url, headers=who).status_code == 404
        assert client.get("/v1/answers", headers=who).json()["answers"] == []
    assert client.get(url, headers=key("boss", None, "admin")).status_code == 200


def test_pages_go_on_behind_answers_that_are_withheld(client: TestClient, issuer: Issuer) -> None:
    inside, outside = token(issuer, "anna", ["hr"]), token(issuer, "anna", [])
    for number in range(6):
        harmless: dict[str, str] = {} if number % 3 else {"document": "hours.html"}
        ask(client, inside, PAY if number % 3 else HOURS, session=f"s{number}", **harmless)
    seen, after = [], None
    for _ in range(3):
        params = {"limit": "1", **({"after": after} if after else {})}
        page = client.get("/v1/answers", params=params, headers=outside).json()
        seen += [one["question"] for one in page["answers"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [HOURS, HOURS]
    assert after is None


def test_a_job_names_documents_only_to_who_sees_all(client: TestClient) -> None:
    state: Any = client.app.state  # type: ignore[attr-defined]
    problem = Problem(document="salaries.md", reason=f"cannot be read at {WORD}")
    report = SyncReport(
        document_set="depot", index_version="2-a", base_version=None, changed=True,
        published=True, problems=[problem], added=7,
    )  # fmt: skip
    job = sync_job("depot", SyncRequest(why=f"about {WORD}"), "key ed", "key:other").model_copy(
        update={"state": "failed", "error": f"no {WORD}", "notices": [WORD], "report": report}
    )
    state.jobs.book.put(JobRecord(job=job, seen=job.created))
    bound, free = key("bound", ["sales"], "editor"), key("free", None, "editor")
    for path in ("/v1/jobs", f"/v1/jobs/{job.id}", f"/v1/jobs/{job.id}/events"):
        shown = client.get(path, headers=bound)
        assert shown.status_code == 200
        assert WORD not in shown.text, path
        assert "salaries" not in shown.text, path
        assert '"added":7' in shown.text, path
        assert WORD in client.get(path, headers=free).text


def test_limits_count_holders_not_names(make_parts, documents: Path, issuer: Issuer) -> None:
    settings = make_parts(
        serve__host="0.0.0.0", auth__issuer=issuer.url, auth__audience=AUDIENCE,
        limits__per_minute=2,
    ).settings  # fmt: skip
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        for subject in ("a b", "a_b"):
            who = token(issuer, subject, [], preferred_username="same")
            statuses = [client.get("/v1/answers", headers=who).status_code for _ in range(3)]
            assert statuses == [200, 200, 429]


def test_the_audit_log_says_exactly_who(client: TestClient, issuer: Issuer) -> None:
    state: Any = client.app.state  # type: ignore[attr-defined]
    for name in ("a b", "a_b", "a\nb"):
        who = token(issuer, name, [], preferred_username=name)
        assert client.post("/v1/document-sets", json={}, headers=who).status_code in (403, 422)
        client.post("/v1/document-sets", json={"document_set": "x"}, headers=who)
    entries = [entry for entry in state.guard.audit.entries() if entry.action == "request"]
    assert len({entry.owner for entry in entries}) == 3
    assert len({entry.caller for entry in entries}) == 3
    assert all(entry.caller.isprintable() for entry in entries)
    (owner, *_) = {entry.owner for entry in entries}
    assert {one.owner for one in state.guard.audit.entries(caller=owner)} == {owner}
