"""Requests that no client library sends, over a real connection."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from itertools import product
from urllib.parse import urlsplit

import pytest

from tests.app.api.live import live_service

SETS = "/v1/document-sets"
FOREIGN = "rebound.example"
DIGITS = "9" * 5000
MULTIPART = "multipart/form-data; boundary=x"
ROUTES = [
    ("POST", "/v1/chat", "application/json"),
    ("POST", "/v1/chat/completions", "application/json"),
    ("POST", "/v1/responses", "application/json"),
    ("POST", "/v1/embeddings", "application/json"),
    ("POST", "/mcp", "application/json"),
    ("GET", "/v1/search?q=x", "application/json"),
    ("GET", "/healthz", "application/json"),
    ("GET", "/docs", "application/json"),
    ("GET", "/nothing", "application/json"),
    ("POST", SETS, "application/json"),
    ("PUT", f"{SETS}/manuals", "application/json"),
    ("DELETE", f"{SETS}/manuals", "application/json"),
    ("POST", f"{SETS}/manuals/documents", MULTIPART),
    ("POST", "/v1/batches", "application/json"),
    ("POST", "/v1/batches/upload", MULTIPART),
    ("POST", "/v1/answers/none/feedback", "application/json"),
]


@pytest.fixture(scope="module")
def url(shared_settings) -> Iterator[str]:
    """The service on this machine's own address, where nobody is asked who they are."""
    with live_service(shared_settings) as running:
        yield running


def answer(url: str, request: str) -> tuple[int, str]:
    """Status and body of what the service sends before it closes the connection."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as opened:
        opened.sendall(request.encode())
        received = b""
        while piece := opened.recv(65536):
            received += piece
    head, _, body = received.decode().partition("\r\n\r\n")
    return int(head.split()[1]), body


def get(path: str, *headers: str, version: str = "1.1") -> str:
    lines = [f"GET {path} HTTP/{version}", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines)


def test_a_request_that_names_no_host_reaches_health_alone(url: str) -> None:
    for path in (SETS, "/docs", "/metrics", "/v1/answers"):
        status, body = answer(url, get(path, version="1.0"))
        assert status == 403, path
        assert "PLUMB_BROWSER_HOSTS" in body
    assert answer(url, get("/healthz", version="1.0"))[0] == 200
    assert answer(url, get(SETS, "Host: localhost", version="1.0"))[0] == 200
    # HTTP/1.1 demands one.
    assert answer(url, get(SETS))[0] in (400, 403)


def test_the_host_of_an_absolute_target_does_not_stand_in_for_the_header(url: str) -> None:
    own = f"localhost:{urlsplit(url).port}"
    for target, host in (
        (f"http://{own}{SETS}", FOREIGN),
        (f"http://{FOREIGN}{SETS}", FOREIGN),
        (f"http://{own}{SETS}", ""),
    ):
        status, body = answer(url, get(target, f"Host: {host}"))
        assert (status, "document_sets" in body) == (403, False), (target, host)


def test_an_absolute_target_that_names_the_service_is_answered(url: str) -> None:
    own = f"LocalHost:{urlsplit(url).port}"
    assert answer(url, get(f"http://{own}{SETS}", f"Host: {own.lower()}"))[0] == 200
    assert answer(url, get(f"http://{own}{SETS}", version="1.0"))[0] == 200


def test_an_absolute_target_of_a_foreign_name_gets_nothing(url: str) -> None:
    own = f"localhost:{urlsplit(url).port}"
    assert answer(url, get(f"http://{FOREIGN}{SETS}", version="1.0"))[0] == 403
    for target in (
        f"http://{FOREIGN}{SETS}",
        f"http://{own}@{FOREIGN}{SETS}",
        f"x://{FOREIGN}{SETS}",
    ):
        status, body = answer(url, get(target, f"Host: {own}"))
        assert 400 <= status < 500, (target, status, body)
        assert "depot" not in body


def test_a_page_of_another_site_gets_nothing_by_an_absolute_target(url: str) -> None:
    own = f"localhost:{urlsplit(url).port}"
    sent = get(f"http://{own}{SETS}", f"Host: {own}", "Origin: https://evil.example")
    assert answer(url, sent)[0] == 403


def test_the_application_refuses_such_a_length_too_whatever_server_is_before_it(serve) -> None:
    client = serve(limits__per_minute=0, limits__changes_per_minute=0)
    lengths = ((DIGITS, {413}), ("0" * 5000 + "2", set(range(200, 500))))
    for (method, path, kind), (length, statuses) in product(ROUTES, lengths):
        sent = {"Content-Type": kind, "Content-Length": length}
        response = client.request(method, path, content=b"{}", headers=sent)
        assert response.status_code in statuses, (method, path, kind, length[:5], response.text)
        assert "Traceback" not in response.text, (method, path, kind)


@pytest.mark.parametrize(("method", "path", "kind"), ROUTES)
def test_a_length_of_five_thousand_digits_is_refused(
    url: str, caplog: pytest.LogCaptureFixture, method: str, path: str, kind: str
) -> None:
    request = "\r\n".join(
        [
            f"{method} {path} HTTP/1.1",
            f"Host: localhost:{urlsplit(url).port}",
            f"Content-Type: {kind}",
            f"Content-Length: {DIGITS}",
            "Connection: close",
            "",
            "{}",
        ]
    )
    with caplog.at_level(logging.WARNING):
        status, body = answer(url, request)
    assert 400 <= status < 500, (status, body)
    assert "Traceback" not in body + caplog.text
    assert not [record for record in caplog.records if record.exc_info]
