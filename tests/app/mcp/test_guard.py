"""The guard of REST before MCP: who gets in, what they see, how much they may ask."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from app.errors import UNFORESEEN
from app.main import create_app
from app.mcp import results
from ingestion.errors import IndexUnavailable
from tests.app.api.live import live_service
from tests.app.api.test_access import SECRET, key

SALARY = "What is the salary of the depot manager at Kestrel?"
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
def guarded(make_parts, documents: Path) -> Iterator[Any]:
    """The service where callers are asked who they are; one document is for the group hr."""
    (documents / "salaries.md").write_text(SECRET, encoding="utf-8")
    with ExitStack() as running:

        def start(**overrides: Any) -> TestClient:
            settings = make_parts(serve__host="0.0.0.0", **overrides).settings
            client = TestClient(create_app(settings), raise_server_exceptions=False)
            return running.enter_context(client)

        yield start


def call(
    client: TestClient, headers: dict[str, str], method: str = "tools/call", **params: Any
) -> httpx.Response:
    message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
    return client.post("/mcp", json=message, headers={**ACCEPT, **headers})


def ask(client: TestClient, headers: dict[str, str], question: str = SALARY) -> dict[str, Any]:
    response = call(client, headers, name="ask", arguments={"question": question})
    assert response.status_code == 200, response.text
    return dict(response.json()["result"])


def error_text(result: dict[str, Any]) -> str:
    assert result["isError"], result
    return str(result["content"][0]["text"])


def test_nobody_gets_in_without_a_key(guarded) -> None:
    client = guarded()
    for method in ("POST", "GET", "DELETE"):
        nobody = client.request(method, "/mcp", headers=ACCEPT)
        assert nobody.status_code == 401
        assert nobody.headers["WWW-Authenticate"] == "Bearer"
        assert nobody.headers["Cache-Control"] == "no-store"
        # Clients of the protocol read errors in its own form.
        error = nobody.json()
        assert (error["jsonrpc"], error["id"]) == ("2.0", None)
        assert error["error"]["data"]["type"] == "urn:plumbline:problem:not-authenticated"
    wrong = client.post("/mcp", headers={**ACCEPT, "X-API-Key": "plumb_x"})
    assert wrong.status_code == 401
    assert wrong.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.anyio
async def test_the_sdks_client_shows_a_key_and_reads_the_refusal(make_parts, connect) -> None:
    with live_service(make_parts(auth__enabled=True).settings) as url:
        async with connect(url, key("assistant")) as client:
            assert not (await client.call_tool("ask", {"question": "When?"})).is_error
        with pytest.raises(Exception) as refused:  # noqa: PT011 (a group of the client's own)
            async with connect(url):
                pass
    assert "who are you?" in _all_messages(refused.value)


def test_groups_hold_in_every_tool(guarded) -> None:
    client = guarded()
    for headers, seen in ((key("all"), True), (key("hr", groups=["hr"]), True), (key("other", groups=["x"]), False)):  # fmt: skip
        found = call(client, headers, name="search", arguments={"query": SALARY, "limit": 20})
        assert ("71,000" in found.text) == seen
        assert ("71,000" in json.dumps(ask(client, headers))) == seen
        place = {"document": "salaries.md", "start": 0, "end": 60}
        read = call(client, headers, name="get_document_span", arguments=place)
        assert ("71,000" in read.text) == seen
        assert read.json()["result"].get("isError", False) != seen


def test_a_session_is_its_callers_alone_and_shows_no_hidden_words(guarded) -> None:
    client = guarded()
    hr, other = key("hr", groups=["hr"]), key("other", groups=["x"])
    first = {"question": SALARY, "session_id": "s"}
    assert "71,000" in call(client, hr, name="ask", arguments=first).text
    again = {"question": "And how much is it?", "session_id": "s"}
    assert "71,000" not in call(client, other, name="ask", arguments=again).text
    assert client.get("/v1/sessions/s", headers=hr).status_code == 200


def test_an_answer_is_recorded_as_one_over_rest(guarded) -> None:
    client, mine = guarded(), key("mine")
    given = ask(client, mine, "How long does the warranty last?")["structuredContent"]
    stored = client.get(f"/v1/answers/{given['answer_id']}", headers=mine).json()
    assert stored["question"] == "How long does the warranty last?"
    assert stored["manifest_id"] == given["manifest_id"]
    assert stored["caller"] == "key mine"
    assert client.get(f"/v1/answers/{given['answer_id']}", headers=key("else")).status_code == 404


def test_requests_are_counted_as_others_are(guarded) -> None:
    client, mine = guarded(limits__per_minute=3), key("mine")
    assert [call(client, mine, "tools/list").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = call(client, mine, "tools/list")
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.json()["error"]["data"]["status"] == 429
    assert client.get("/v1/document-sets", headers=mine).status_code == 429, "one count for both"
    assert call(client, key("other"), "tools/list").status_code == 200


def test_a_tool_takes_a_slot_and_fails_when_none_is_free(guarded) -> None:
    client, mine = guarded(limits__answers_at_once=4), key("mine")
    guard = client.app.state.guard
    who = "key:" + mine["Authorization"].split("_")[1]
    with guard.slots.taken(who), guard.slots.taken(who):
        assert "one caller" in error_text(ask(client, mine))
        # What takes no answer goes on.
        assert call(client, mine, "tools/list").status_code == 200
        assert not ask(client, key("other")).get("isError")
    for _ in range(5):
        assert not ask(client, mine).get("isError")


def test_many_calls_at_once_end_and_leave_every_slot_free(guarded) -> None:
    client, mine = guarded(limits__answers_at_once=4), key("mine")
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda _: ask(client, mine), range(32)))
    refused = [error_text(one) for one in results if one.get("isError")]
    assert len(refused) < len(results)
    assert all("try again in a moment" in text for text in refused)
    slots = client.app.state.guard.slots
    assert slots._taken == 0
    assert not ask(client, mine).get("isError")


def test_the_wording_of_prompts_is_for_editors(guarded) -> None:
    client = guarded()
    uri = "plumbline://prompts/answer/v1"
    refused = call(client, key("r"), "resources/read", uri=uri).json()["error"]
    assert "takes the role editor" in refused["message"]
    assert "messages" in call(client, key("e", "editor"), "resources/read", uri=uri).text
    denied = [one for one in client.app.state.guard.audit.entries() if one.outcome == "denied"]
    assert [(one.caller, one.subject) for one in denied] == [("key r", f"read {uri}")]
    listed = call(client, key("r2"), "resources/read", uri="plumbline://prompts")
    assert "production" in listed.text


def test_there_is_neither_a_stream_nor_a_session_to_open_or_end(guarded) -> None:
    client, mine = guarded(), key("mine")
    for method in ("GET", "DELETE", "PUT"):
        refused = client.request(method, "/mcp", headers={**ACCEPT, **mine})
        assert refused.status_code == 405, method
        assert refused.headers["Allow"] == "POST"


def test_other_sites_and_other_names_get_nothing(make_parts) -> None:
    with TestClient(create_app(make_parts().settings), base_url="http://localhost") as client:
        assert call(client, {}, "tools/list").status_code == 200
        for headers in (
            {"Origin": "https://evil.example"},
            {"Host": "rebound.example"},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            assert call(client, headers, "tools/list").status_code == 403, headers
        # A form of another site may send text without asking first.
        plain = client.post("/mcp", content="{}", headers={**ACCEPT, "Content-Type": "text/plain"})
        assert 400 <= plain.status_code < 500


NO_MESSAGES = [
    (b"", 400, ""),
    (b"no json", 422, "is not JSON"),
    (b"[]", 400, ""),
    (b'[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]', 400, ""),
    (b'{"jsonrpc":"2.0","id":1}', 400, ""),
    (b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":"\\ud800"}}', 422, "params.a"),
    (b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":"\\u0000"}}', 422, "params.a"),
    (b'{"jsonrpc":"2.0","id":1,"method":"x","params":' + b"[" * 9000, 422, "deep"),
    (b" " * 2_000_000, 413, "bytes"),
]


def test_what_is_no_message_is_refused(make_parts) -> None:
    with TestClient(create_app(make_parts().settings), base_url="http://localhost") as client:
        for body, status, message in NO_MESSAGES:
            for version in (None, "2025-06-18", "2026-07-28", "9999-01-01"):
                headers = {**ACCEPT, "Content-Type": "application/json"}
                if version is not None:
                    headers["Mcp-Protocol-Version"] = version
                refused = client.post("/mcp", content=body, headers=headers)
                assert refused.status_code == status, (body[:80], version, refused.text)
                assert message in refused.text
                assert "error" in refused.json()
                assert "Traceback" not in refused.text


def test_what_fails_is_reported_without_what_a_server_said(
    make_parts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings = make_parts(auth__enabled=True).settings
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        mine = key("mine")
        errors: list[Exception] = [
            IndexUnavailable("lance: /srv/index/table.lance: permission denied"),
            ValueError("psycopg: password=hunter2"),
        ]
        for error in errors:

            def fail(*_: Any, error: Exception = error, **__: Any) -> Any:
                raise error

            with monkeypatch.context() as patch:
                patch.setattr(client.app.state.parts.sets, "get", fail)  # type: ignore[attr-defined]
                patch.setattr(client.app.state.parts.sets, "names", fail)  # type: ignore[attr-defined]
                for name, argument in (("ask", "question"), ("search", "query")):
                    given = {argument: "When?", "document_set": "depot"}
                    result = call(client, mine, name=name, arguments=given)
                    assert result.json()["result"]["isError"]
                    assert "/srv" not in result.text
                    assert "hunter2" not in result.text
                listed = call(client, mine, "resources/list")
                assert "/srv" not in listed.text
                assert "hunter2" not in listed.text
        assert UNFORESEEN in listed.json()["error"]["message"]
    assert "hunter2" in caplog.text, "the log has it"


def test_a_setting_turns_it_off(make_parts) -> None:
    with TestClient(
        create_app(make_parts(serve__mcp=False).settings), base_url="http://localhost"
    ) as client:
        assert call(client, {}, "tools/list").status_code == 404


def test_long_passages_are_left_out_and_the_assistant_learns_it(
    make_parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "MOST_TEXT", 200)
    with TestClient(create_app(make_parts().settings), base_url="http://localhost") as client:
        result = call(client, {}, name="search", arguments={"query": "depot warranty"}).json()
    data = result["result"]["structuredContent"]
    assert data["left_out"] > 0
    assert data["passages"]
    assert "too long to be sent" in result["result"]["content"][0]["text"]


def _all_messages(error: BaseException) -> str:
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return " ".join([str(error), *map(_all_messages, inner)])
