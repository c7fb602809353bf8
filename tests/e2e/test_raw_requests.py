"""Bytes that no client would send, over a real socket to a real server: refused, never a 5xx."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from app.settings.tree import load_settings
from tests.app.api.live import live_service

JSON = b"Content-Type: application/json\r\n"
CHUNKED = JSON + b"Transfer-Encoding: chunked\r\n"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    folder = tmp_path_factory.mktemp("service")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        settings = load_settings({"index.url": str(folder / "index")})
        with live_service(settings) as url:
            parts = urlsplit(url)
            assert parts.hostname
            assert parts.port
            yield parts.hostname, parts.port


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        (b"GET /v1/answers/\xff\xfe HTTP/1.1", b"\r\n"),
        (b"GET /v1/answers/%00%ff%ED%A0%80 HTTP/1.1", b"\r\n"),
        (b"GET /v1/answers/%ED%A0%80 HTTP/1.1", b"\r\n"),
        (b"GET /v1/search?q=%ED%A0%80&filters=%ff HTTP/1.1", b"\r\n"),
        (b"GET /v1/search?q=\xff%00 HTTP/1.1", b"\r\n"),
        (b"GET /v1/models/plumb%2Fdepot%40%00 HTTP/1.1", b"\r\n"),
        (b"GET http://[/v1/answers HTTP/1.1", b"\r\n"),
        (b"GET //v1/answers HTTP/1.1", b"\r\n"),
        (b"BREW /v1/answers HTTP/1.1", b"\r\n"),
        (b"GET /v1/answers HTTP/1.1", b"Authorization: Bearer \xff\xfe\r\n\r\n"),
        (b"GET /v1/answers HTTP/1.1", b"Authorization: Bearer " + b"." * 30_000 + b"\r\n\r\n"),
        (b"GET /v1/answers HTTP/1.1", b"Range: bytes=9999999999999999999-\r\nAccept: \xff\r\n\r\n"),
        (b"GET /v1/jobs/x/events HTTP/1.1", b"Last-Event-ID: \xff\xed\xa0\x80\r\n\r\n"),
        (b"POST /v1/chat HTTP/1.1", JSON + b"Content-Length: 19\r\n\r\n" + b'{"question":"\\ud8"}'),
        (b"POST /v1/chat HTTP/1.1", JSON + b"Content-Length: 3\r\n\r\n\xed\xa0\x80"),
        (b"POST /v1/chat HTTP/1.1", JSON + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n"),
        (b"POST /v1/chat HTTP/1.1", JSON + b"Content-Length: -1\r\n\r\n"),
        (b"POST /v1/chat HTTP/1.1", CHUNKED + b'\r\n9\r\n{"questio\r\n8\r\nn":"\\ud8\r\n4\r\n00"}\r\n0\r\n\r\n'),
        (b"POST /v1/chat HTTP/1.1", CHUNKED + b"\r\nzz\r\n"),
        (b"POST /v1/chat HTTP/1.1", b"Content-Type: \xff/json; charset=\xff\r\nContent-Length: 2\r\n\r\n{}"),
    ],
)  # fmt: skip
def test_raw_bytes_are_refused(address: tuple[str, int], line: bytes, rest: bytes) -> None:
    host = b"Host: 127.0.0.1\r\nConnection: close\r\n"
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(line + b"\r\n" + host + rest)
        answered = b""
        while piece := connection.recv(65536):
            answered += piece
    status = int(answered.split(b" ", 2)[1])
    assert 200 <= status < 500, answered[:500]
    if b"application/problem+json" in answered:
        assert b'"detail":"' in answered
