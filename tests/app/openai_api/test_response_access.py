"""Whose responses are, and who may follow them: by the groups that callers are in now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from tests.app.api.test_owners import PAY, SECRET, WORD, Headers, key, token
from tests.app.security.issuer import AUDIENCE, Issuer, running_issuer

RESPONSES = "/v1/responses"


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
    with TestClient(create_app(settings), raise_server_exceptions=False) as opened:
        yield opened


def respond(client: TestClient, who: Headers, question: str, **more: Any) -> Any:
    body = {"model": "plumb/depot", "input": question, **more}
    return client.post(RESPONSES, json=body, headers=who)


def test_a_response_is_its_callers_alone(client: TestClient) -> None:
    mine, other = key("mine", ["hr"]), key("other", ["hr"])
    first = respond(client, mine, PAY).json()
    assert WORD in str(first["output"])
    path = f"{RESPONSES}/{first['id']}"
    for refused in (
        client.get(path, headers=other),
        client.delete(path, headers=other),
        respond(client, other, "And how much is it?", previous_response_id=first["id"]),
    ):
        assert refused.status_code == 404
        assert WORD not in refused.text
    assert client.get(path, headers=mine).status_code == 200


def test_who_left_a_group_can_neither_read_nor_follow_what_it_showed(
    client: TestClient, issuer: Issuer
) -> None:
    before, after = token(issuer, "anna", ["hr"]), token(issuer, "anna", [])
    first = respond(client, before, PAY).json()
    follow = {"previous_response_id": first["id"], "filters": {"document": "hours.html"}}
    second = respond(client, before, "And when does it open?", **follow).json()
    assert {one["document"] for one in second["plumbline"]["citations"]} <= {"hours.html"}
    assert "Kestrel" in second["plumbline"]["standalone_question"]
    for made in (first, second):
        # The second one cites no hidden document; its question was understood from one.
        assert client.get(f"{RESPONSES}/{made['id']}", headers=before).status_code == 200
        assert client.get(f"{RESPONSES}/{made['id']}", headers=after).status_code == 404
        follow = {"previous_response_id": made["id"]}
        assert respond(client, after, "How much is it?", **follow).status_code == 404
    third = respond(client, before, "And its address?", previous_response_id=second["id"])
    assert third.status_code == 200
    assert client.delete(f"{RESPONSES}/{first['id']}", headers=before).status_code == 200
