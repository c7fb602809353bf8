"""What no Plumbline service sends: HTML, broken JSON, too much, other hosts."""

from __future__ import annotations

import gzip
import json
import logging

import pytest
from plumbline import (
    AccessDenied,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    PlumblineError,
    ServerFailed,
    StreamBroken,
    Unavailable,
    UnexpectedResponse,
)

from tests.clients.scripted_server import PROBLEM, Reply, scripted_server

HTML = Reply(body=b"<html><body>Welcome</body></html>", headers={"Content-Type": "text/html"})
EVENTS = {"Content-Type": "text/event-stream"}
KEY = "plumb_0123456789ab_secret-part"
MEGABYTE = b" " * (1 << 20)


@pytest.fixture
def client(connect, scripted):
    return connect(scripted.url, KEY, max_retries=0, max_response_bytes=1 << 20)


def events(*named: tuple[str, object]) -> bytes:
    return b"".join(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode() for name, data in named)


def test_html_in_place_of_json(client, scripted) -> None:
    scripted.replies = [HTML]
    with pytest.raises(UnexpectedResponse, match="is base_url the address of a Plumbline service"):
        client.ask("q")
    with pytest.raises(UnexpectedResponse, match="text/html"):
        list(client.stream("q"))
    with pytest.raises(UnexpectedResponse, match="text/html"):
        list(client.batches.answers("batch_1"))


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, NotAuthenticated), (403, AccessDenied), (404, NotFound), (413, InvalidRequest),
     (500, ServerFailed), (502, Unavailable), (507, ServerFailed)],
)  # fmt: skip
def test_a_proxys_page_is_an_error_of_its_status(client, scripted, status, kind) -> None:
    scripted.replies = [Reply(status, HTML.body, HTML.headers)]
    for ask in (client.ask, lambda q: client.stream(q).answer()):
        with pytest.raises(kind, match="text/html, and no problem detail") as failed:
            ask("q")
        assert failed.value.status == status
        assert "Welcome" not in str(failed.value)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b'{"answer": 1}', b"\xff\xfe", b"[" * 100_000, b'"\\ud800"',
     b'{"answer": NaN}'],
)  # fmt: skip
def test_json_that_is_no_answer(client, scripted, body) -> None:
    scripted.replies = [Reply(body=body)]
    with pytest.raises(UnexpectedResponse, match="the response is no Answer"):
        client.ask("q")
    scripted.replies = [Reply(422, body, {"Content-Type": PROBLEM})]
    with pytest.raises(InvalidRequest):
        client.ask("q")


def test_an_answer_cut_short(client, scripted) -> None:
    scripted.replies = [Reply(body=b'{"answer": "', length=5000)]
    with pytest.raises(Unavailable, match="RemoteProtocolError"):
        client.ask("q")


def test_a_huge_answer_is_not_read_to_its_end(client, scripted) -> None:
    written = []

    def endless(handler) -> None:
        for _ in range(1000):
            handler.wfile.write(MEGABYTE)
            written.append(1)

    for status in (200, 422):
        written.clear()
        scripted.replies = [Reply(status, write=endless)]
        with pytest.raises(UnexpectedResponse, match="max_response_bytes"):
            client.ask("q")
        assert len(written) < 100
    bomb = gzip.compress(MEGABYTE * 50)
    scripted.replies = [Reply(body=bomb, headers={"Content-Encoding": "gzip"})]
    with pytest.raises(UnexpectedResponse, match="max_response_bytes"):
        client.ask("q")
    scripted.replies = [Reply(body=b"no gzip", headers={"Content-Encoding": "gzip"})]
    with pytest.raises(UnexpectedResponse, match="DecodingError"):
        client.ask("q")


def test_a_problem_detail_is_shown_short_and_without_control_characters(client, scripted) -> None:
    problem = {"title": "Bad\n\x1b[31m", "detail": "a\x00b" * 100_000, "type": 5, "status": "x"}
    scripted.replies = [Reply(422, json.dumps(problem).encode(), {"Content-Type": PROBLEM})]
    with pytest.raises(InvalidRequest) as refused:
        client.ask("q")
    assert len(str(refused.value)) < 2100
    assert str(refused.value).isprintable()
    assert refused.value.type == ""


def test_streams_that_break_lie_or_never_end(client, scripted, monkeypatch) -> None:
    monkeypatch.setattr("plumbline.events.MOST_BYTES", 1 << 16)
    token = events(("token", {"text": "a"}))
    problem = {"title": "Gone", "status": 502, "detail": "The model is away."}
    for body, kind, message in (
        (b"", StreamBroken, "before the answer was complete"),
        (token, StreamBroken, "before the answer was complete"),
        (token + b"event: answer\ndata: {}", StreamBroken, "before the answer was complete"),
        (token + events(("error", problem)), Unavailable, "The model is away"),
        (events(("error", {"status": True})), ServerFailed, "500"),
        (events(("error", ["x"])), UnexpectedResponse, "no JSON object"),
        (events(("answer", {"answer": "x"})), UnexpectedResponse, "no Answer"),
        (events(("passages", {"x": 1})), UnexpectedResponse, "passages"),
        (b"event: token\ndata: {\n\n", UnexpectedResponse, "no JSON object"),
        (b"data: " + b"x" * (1 << 20), UnexpectedResponse, "a line of the stream"),
        (b"data: x\n" * (1 << 17), UnexpectedResponse, "an event of the stream"),
    ):
        scripted.replies = [Reply(body=body, headers=EVENTS)]
        with pytest.raises(kind, match=message):
            list(client.stream("q"))
    scripted.replies = [Reply(body=token, headers=EVENTS, length=9999)]
    with pytest.raises(StreamBroken, match="broke off"):
        list(client.stream("q"))


def test_events_of_a_newer_service_are_left_aside(client, scripted) -> None:
    body = b": a comment\r\n\r\nevent: thought\r\ndata: {}\r\n\r\nid: 5\nretry: 7\n\n"
    scripted.replies = [Reply(body=body + events(("token", {"text": "ü"})), headers=EVENTS)]
    stream = client.stream("q")
    assert next(iter(stream)).text == "ü"


def test_lines_of_a_batch_that_break_off(client, scripted) -> None:
    line = b'{"id": "1", "question": "q", "error": {"type": "T", "message": "m"}}\n'
    jsonl = {"Content-Type": "application/jsonl"}
    scripted.replies = [Reply(body=line + b'{"id": "2"', headers=jsonl)]
    taken = client.batches.answers("batch_1")
    assert next(taken).id == "1"
    with pytest.raises(StreamBroken, match="middle of a line"):
        next(taken)
    scripted.replies = [Reply(body=line + b"<html>\n", headers=jsonl)]
    with pytest.raises(UnexpectedResponse, match="no BatchLine"):
        list(client.batches.answers("batch_1"))


def test_no_redirect_is_followed_and_no_key_reaches_another_host(client, scripted) -> None:
    with scripted_server() as other:
        other.replies = [Reply()]
        for status in (301, 302, 303, 307, 308):
            scripted.replies = [Reply(status, headers={"Location": f"{other.url}/v1/chat"})]
            with pytest.raises(UnexpectedResponse, match="redirects to"):
                client.ask("q")
            with pytest.raises(UnexpectedResponse, match="redirects to"):
                client.search("q")
        assert other.requests == []


def test_new_fields_of_a_newer_service_stop_nothing(client, scripted) -> None:
    scripted.replies = [
        Reply(body=b'{"passages": [], "index_version": "1", "timings_ms": {}, "colour": "red"}')
    ]
    assert client.search("q").model_extra == {"colour": "red"}
    job = {"id": "1", "state": "paused", "created": "2026-01-01T00:00:00Z", "by": "b"}
    scripted.replies = [Reply(body=json.dumps({**job, "document_set": "m"}).encode())]
    assert client.jobs.get("1").state == "paused"


def test_errors_and_logs_do_not_hold_the_key_nor_the_answer(client, scripted, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    scripted.replies = [Reply(body=b'{"answer": "a confidential word"}')]
    for reply in (scripted.replies[0], HTML, Reply(hangs_up=True), Reply(500, b"{}")):
        scripted.replies = [reply]
        with pytest.raises(PlumblineError) as failed:
            client.ask("q")
        found = f"{failed.value!r} {failed.value.__cause__!r} {failed.value.__dict__}"
        assert KEY not in found
        assert "confidential" not in found
    assert scripted.requests[-1].headers["Authorization"] == f"Bearer {KEY}"
    assert "secret-part" not in caplog.text
