"""Who gets in over HTTP, and what they get to see."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.security.keys import Keys
from app.store.database import Database
from tests.app.security.issuer import AUDIENCE, Issuer, running_issuer

SETS = "/v1/document-sets"
MANUALS = {"document_set": "manuals"}
SECRET = """---
title: Salaries
groups: [hr]
---
# Salaries

The salary of the depot manager at Kestrel is 71,000 a year; the warranty on it is none.
"""


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture
def guarded(make_parts, documents: Path) -> Iterator[Callable[..., TestClient]]:
    """The service where callers are asked who they are; one document is for the group hr."""
    (documents / "salaries.md").write_text(SECRET, encoding="utf-8")
    with ExitStack() as running:

        def start(**overrides: Any) -> TestClient:
            settings = make_parts(serve__host="0.0.0.0", **overrides).settings
            client = TestClient(create_app(settings), raise_server_exceptions=False)
            return running.enter_context(client)

        yield start


def key(name: str, role: str = "reader", groups: list[str] | None = None) -> dict[str, str]:
    """The header with a new key."""
    with closing(Database("sqlite:///plumb-store.db")) as database:
        made = Keys(database).create(name, role, groups)  # type: ignore[arg-type]
    return {"Authorization": f"Bearer {made}"}


ROUTES = {
    "reader": [
        ("POST", "/v1/chat"),
        ("POST", "/v1/chat/completions"),
        ("POST", "/v1/responses"),
        ("GET", "/v1/responses/none"),
        ("POST", "/v1/embeddings"),
        ("GET", "/v1/models"),
        ("GET", "/v1/models/plumb/depot"),
        ("GET", "/v1/search?q=x"),
        ("GET", SETS),
        ("GET", f"{SETS}/depot/source?document=hours.html"),
        ("GET", f"{SETS}/depot/source/pages/1?document=hours.html"),
        ("GET", "/v1/sessions"),
        ("GET", "/v1/sessions/none"),
        ("GET", "/v1/answers"),
        ("GET", "/v1/answers/none"),
        ("POST", "/v1/answers/none/feedback"),
        ("GET", "/metrics"),
        ("POST", "/v1/batches"),
        ("POST", "/v1/batches/upload"),
        ("GET", "/v1/batches/none"),
        ("GET", "/v1/batches/none/answers"),
        ("POST", "/v1/batches/none/resume"),
    ],
    "editor": [
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
        ("POST", "/v1/jobs/20260101-000000-00000000/cancel"),
    ],
}


def ask(client: TestClient, method: str, path: str, headers: dict[str, str]) -> Any:
    if path.endswith("/documents"):
        return client.post(path, files={"files": ("a.md", b"text")}, headers=headers)
    body = {
        "/v1/chat": {"question": "When does it open?"},
        "/v1/chat/completions": {
            "model": "plumb/depot",
            "messages": [{"role": "user", "content": "When does it open?"}],
        },
        "/v1/responses": {"model": "plumb/depot", "input": "When does it open?"},
        "/v1/embeddings": {"model": "plumb/depot", "input": "When does it open?"},
        "/v1/answers/none/feedback": {"thumb": "up"},
        "/v1/sessions/none": {"title": "x"},
        SETS: MANUALS,
        f"{SETS}/manuals": MANUALS,
        f"{SETS}/manuals/publish": {"version": "1"},
    }.get(path)
    sent = {"json": body} if method in ("POST", "PUT", "PATCH") and body else {}
    return client.request(method, path, headers=headers, **sent)


def test_every_route_takes_a_role_and_says_who_is_asked_for(guarded) -> None:
    client = guarded()
    reader, editor = key("r"), key("e", "editor")
    for role, routes in ROUTES.items():
        for method, path in routes:
            nobody = ask(client, method, path, {})
            assert nobody.status_code == 401, (method, path, nobody.text)
            assert nobody.headers["WWW-Authenticate"] == "Bearer"
            body = nobody.json()
            code = body["error"]["code"] if "error" in body else body["type"].rpartition(":")[2]
            assert code == "not-authenticated"
            by_reader = ask(client, method, path, reader)
            assert (by_reader.status_code == 403) == (role == "editor"), (path, by_reader.text)
            assert ask(client, method, path, editor).status_code not in (401, 403, 500)
    for path in ("/healthz", "/readyz", "/openapi.json"):
        assert client.get(path).status_code == 200
    guarded_paths = {path.partition("?")[0] for routes in ROUTES.values() for _, path in routes}
    described = client.get("/openapi.json").json()["paths"]
    open_paths = {path for path, how in described.items() if not _is_guarded(how)}
    assert open_paths == {"/healthz", "/readyz"}
    assert len(described) - len(open_paths) == len(guarded_paths)


def _is_guarded(path: dict[str, Any]) -> bool:
    return all(route.get("security") and "401" in route["responses"] for route in path.values())


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer plumb_0123456789ab_" + "A" * 43},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer a.b.c"},
        {"X-API-Key": "plumb_x"},
        {"X-API-Key": b"\xfc\xff"},
    ],
    ids=str,
)
def test_garbage_is_distinguished_from_nothing(guarded, headers: dict[str, str]) -> None:
    refused = guarded().get(SETS, headers=headers)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    for nothing in ({"Authorization": "Basic YTpi"}, {"Authorization": "Bearer "}):
        assert guarded().get(SETS, headers=nothing).status_code == 401


def test_a_key_goes_into_either_header_and_ends_at_once_when_revoked(guarded) -> None:
    client = guarded()
    by_bearer = key("a")
    by_key = {"X-API-Key": by_bearer["Authorization"].split()[1]}
    assert client.get(SETS, headers=by_bearer).status_code == 200
    assert client.get(SETS, headers=by_key).status_code == 200
    with closing(Database("sqlite:///plumb-store.db")) as database:
        Keys(database).revoke("a")
    assert client.get(SETS, headers=by_bearer).status_code == 401


def test_a_token_of_the_issuer_gets_in(guarded, issuer: Issuer) -> None:
    client = guarded(auth__issuer=issuer.url, auth__audience=AUDIENCE)

    def get(token: str) -> Any:
        return client.get(SETS, headers={"Authorization": f"Bearer {token}"})

    assert get(issuer.token()).status_code == 200
    assert get(issuer.token(aud="other")).status_code == 401
    assert get(issuer.token(roles=[])).status_code == 403
    assert client.get(SETS, headers=key("beside")).status_code == 200


def test_an_issuer_that_is_away_is_503(guarded, issuer: Issuer) -> None:
    issuer.status = 500  # a service asks for the keys as it starts
    client = guarded(auth__issuer=issuer.url, auth__audience=AUDIENCE)
    response = client.get(SETS, headers={"Authorization": f"Bearer {issuer.token()}"})
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert response.json()["type"] == "urn:plumbline:problem:issuer-unavailable"


def test_only_their_groups_documents_are_found_and_answered_from(guarded) -> None:
    client = guarded()
    question = "What is the salary of the depot manager at Kestrel?"

    def documents(headers: dict[str, str], **more: Any) -> tuple[set[str], str]:
        found = client.get("/v1/search", params={"q": question, **more}, headers=headers).json()
        asked = {"question": question, "filters": {}}
        answer = client.post("/v1/chat", json=asked, headers=headers).json()
        passages = [*found["passages"], *answer["passages"]]
        return {passage["document"] for passage in passages}, answer["answer"]

    seen, answer = documents(key("hr", groups=["hr"]))
    assert "salaries.md" in seen
    assert "71,000" in answer
    assert "salaries.md" in documents(key("all"))[0]
    for headers in (key("none", groups=[]), key("it", groups=["it", "HR", "h"])):
        seen, answer = documents(headers)
        assert seen
        assert "salaries.md" not in seen
        assert "71,000" not in answer
        for filters in ('{"groups": "hr"}', '{"document": "salaries.md"}'):
            found = client.get(
                "/v1/search", params={"q": question, "filters": filters}, headers=headers
            )
            assert found.json()["passages"] == []


def test_who_is_bound_to_groups_cannot_ask_an_older_version(guarded) -> None:
    client = guarded()
    bound, free = key("bound", groups=["hr"]), key("free")
    asked = {"question": "When does Kestrel open?", "index_version": "1"}
    assert client.post("/v1/chat", json=asked, headers=bound).status_code == 403
    search = {"q": "Kestrel", "index_version": "1"}
    assert client.get("/v1/search", params=search, headers=bound).status_code == 403
    assert client.post("/v1/chat", json=asked, headers=free).status_code == 200


def test_so_many_requests_a_minute(guarded) -> None:
    client = guarded(limits__per_minute=3, limits__changes_per_minute=2)
    one, other = key("one", "editor"), key("other", "editor")
    statuses = [client.get(SETS, headers=one).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert client.get(SETS, headers=other).status_code == 200
    limited = client.get(SETS, headers=one)
    assert 1 <= int(limited.headers["Retry-After"]) <= 60
    assert limited.json()["type"] == "urn:plumbline:problem:too-many-requests"
    changes = [client.post(SETS, json=MANUALS, headers=one).status_code for _ in range(3)]
    assert changes == [201, 409, 429]
    upload = client.post(f"{SETS}/manuals/documents", files={"files": b"x"}, headers=other)
    assert upload.status_code == 422  # a file without a name; it counts once
    assert client.post(SETS, json=MANUALS, headers=other).status_code == 409
    assert client.post(SETS, json=MANUALS, headers=other).status_code == 429


def test_limits_hold_without_their_redis(guarded) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        redis = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        client = guarded(limits__per_minute=3, redis__url=redis)
        headers = key("a")
        began = time.monotonic()
        statuses = [client.get(SETS, headers=headers).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert time.monotonic() - began < 5


def test_wrong_keys_are_limited_by_address_and_right_ones_still_pass(guarded) -> None:
    client = guarded(limits__failures_per_minute=3)
    wrong = {"X-API-Key": "wrong"}
    statuses = [client.get(SETS, headers=wrong).status_code for _ in range(6)]
    assert statuses == [401, 401, 401, 429, 429, 429]
    assert client.get(SETS, headers=key("right")).status_code == 200
    entries = client.app.state.guard.audit.entries()
    assert [(e.caller, e.action, e.outcome) for e in entries] == [
        ("testclient", "authenticate", "denied")
    ] * 3


def test_no_more_answers_at_once_than_the_limit(guarded) -> None:
    client = guarded(limits__answers_at_once=1)
    headers = key("a")
    body = {"question": "When does Kestrel open?"}
    with client.app.state.guard.slots.taken():
        busy = client.post("/v1/chat", json=body, headers=headers)
        assert busy.status_code == 503
        assert busy.headers["Retry-After"] == "1"
        assert busy.json()["type"] == "urn:plumbline:problem:too-busy"
        assert client.get("/v1/search", params={"q": "x"}, headers=headers).status_code == 503
        assert client.get(SETS, headers=headers).status_code == 200
    for wrong in ({"question": ""}, body, body):
        client.post("/v1/chat", json=wrong, headers=headers)
    assert client.post("/v1/chat", json=body, headers=headers).status_code == 200


def test_an_upload_of_a_stranger_is_not_read(guarded) -> None:
    client = guarded()
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    path = f"{SETS}/manuals/documents"
    for who in ({}, key("r")):
        sent = client.post(path, content=b"x" * 1000, headers={**headers, **who})
        assert sent.status_code == (403 if who else 401)
    # Had it been read, the response would say that it is no form.
    editor = client.post(path, content=b"x" * 1000, headers={**headers, **key("e", "editor")})
    assert editor.status_code == 400


def test_acts_and_denials_are_in_the_audit_log(guarded) -> None:
    client = guarded()
    editor, reader = key("ed", "editor"), key("re")
    client.post(SETS, json=MANUALS, headers=editor)
    client.post(SETS, json=MANUALS, headers=editor)
    client.put(f"{SETS}/manuals", json=MANUALS, headers=editor)
    client.post(f"{SETS}/manuals/documents", files={"files": ("a.md", b"# A")}, headers=editor)
    client.delete(f"{SETS}/manuals/documents/a.md", headers=editor)
    client.post(f"{SETS}/manuals/publish", json={"version": "7"}, headers=editor)
    client.post(f"{SETS}/depot/rollback", headers=editor)
    client.post(f"{SETS}/manuals/publish", json={"version": "7"}, headers=reader)
    log = [
        (e.caller, e.action, e.subject, e.outcome) for e in client.app.state.guard.audit.entries()
    ]
    assert log == [
        ("key ed", "define-set", "manuals", "done"),
        ("key ed", "define-set", "manuals", "DocumentSetExists"),
        ("key ed", "replace-set", "manuals", "done"),
        ("key ed", "upload", "manuals", "done"),
        ("key ed", "remove-upload", "manuals", "done"),
        ("key ed", "publish", "manuals", "UnknownDocumentSet"),
        ("key ed", "roll-back", "depot", "PublishRefused"),
        ("key re", "request", f"POST {SETS}/manuals/publish", "denied"),
    ]


def test_the_description_says_how_callers_show_who_they_are(serve) -> None:
    described = serve().get("/openapi.json").json()
    assert set(described["components"]["securitySchemes"]) == {"HTTPBearer", "APIKeyHeader"}
    shown = [{"HTTPBearer": []}, {"APIKeyHeader": []}]
    for path, operations in described["paths"].items():
        for operation in operations.values():
            open_to_all = path in ("/healthz", "/readyz")
            assert operation.get("security") == (None if open_to_all else shown), path


def test_whatever_takes_something_away_or_adds_it_is_a_change(guarded) -> None:
    client = guarded(limits__changes_per_minute=4)
    changes = [
        ("DELETE", "/v1/answers/none"),
        ("POST", "/v1/answers/none/feedback"),
        ("DELETE", "/v1/sessions/none"),
        ("PATCH", "/v1/sessions/none"),
        ("DELETE", "/v1/batches/none"),
        ("DELETE", "/v1/responses/none"),
    ]
    for first in range(len(changes)):
        who = key(f"r{first}")
        asked = [*changes[first:], *changes[:first]]
        statuses = [ask(client, *one, who).status_code for one in asked]
        assert statuses == [404, 404, 404, 404, 429, 429], asked
        assert client.get("/v1/answers", headers=who).status_code == 200


def test_one_caller_cannot_hold_all_answering_slots(
    guarded, caplog: pytest.LogCaptureFixture
) -> None:
    client = guarded(limits__answers_at_once=4)
    guard, body = client.app.state.guard, {"question": "When does Kestrel open?"}
    greedy, other = key("greedy"), key("other")
    who = "key:" + greedy["Authorization"].split("_")[1]
    with guard.slots.taken(who), guard.slots.taken(who):
        refused = client.post("/v1/chat", json=body, headers=greedy)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert "one caller" in refused.json()["detail"]
        assert client.post("/v1/chat", json=body, headers=other).status_code == 200
        assert client.get("/v1/search?q=Kestrel", headers=other).status_code == 200
    assert client.post("/v1/chat", json=body, headers=greedy).status_code == 200
    assert "too-busy" not in caplog.text
