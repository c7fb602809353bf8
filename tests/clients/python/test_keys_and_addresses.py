"""Where a key comes from, where it goes, and where it never shows."""

from __future__ import annotations

import logging
import traceback

import httpx
import pytest
from plumbline import AccessDenied, AsyncPlumbline, ConfigurationError, NotAuthenticated, Plumbline

from tests.clients.scripted_server import Reply
from tests.clients.serving import QUESTION

KEY = "plumb_0123456789ab_secret-part"
BOTH = pytest.mark.parametrize("make", [Plumbline, AsyncPlumbline])
ALIVE = Reply(body=b'{"status": "ok"}')


def test_a_key_comes_from_the_argument_or_the_environment(connect, scripted, monkeypatch) -> None:
    scripted.replies = [ALIVE]
    monkeypatch.setenv("PLUMBLINE_API_KEY", KEY + "1")
    monkeypatch.setenv("PLUMBLINE_URL", scripted.url)
    connect(None).health()
    connect(None, KEY).health()
    connect(None, "").health()
    monkeypatch.delenv("PLUMBLINE_API_KEY")
    connect(None).health()
    sent = [one.headers["Authorization"] for one in scripted.requests]
    assert sent == [f"Bearer {KEY}1", f"Bearer {KEY}", None, None]
    assert scripted.requests[0].headers["User-Agent"].startswith("plumbline-client/")


def test_a_service_takes_the_key_or_says_why_not(connect, service) -> None:
    assert connect(service.url, service.reader).ask(QUESTION).citations
    with pytest.raises(AccessDenied, match="editor"):
        connect(service.url, service.reader).document_sets.get("depot")
    for wrong in (None, "plumb_0123456789ab_wrong"):
        with pytest.raises(NotAuthenticated) as refused:
            connect(service.url, wrong).ask(QUESTION)
        assert refused.value.status == 401
        assert refused.value.title == "Not authenticated"


@BOTH
def test_a_key_does_not_show(make, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    client = make("https://plumb.example.org", api_key=KEY)
    shown = [repr(client), str(client), repr(vars(client)), repr(client._sender)]
    shown += [repr(vars(client._sender)), repr(client._sender.http.headers)]
    assert "secret-part" not in "".join(shown)
    assert "plumb.example.org" in repr(client)
    assert "secret-part" not in caplog.text


@BOTH
@pytest.mark.parametrize(
    "url",
    ["http://plumb.example.org", "http://10.0.0.1:8000", "http://localhost.example.org",
     "http://127.0.0.1.example.org", "HTTP://plumb.example.org", "http://[2001:db8::1]/"],
)  # fmt: skip
def test_a_key_is_not_sent_where_others_can_read_it(make, url) -> None:
    with pytest.raises(ConfigurationError, match="plain HTTP") as refused:
        make(url, api_key=KEY)
    assert "secret-part" not in str(refused.value)
    assert make(url, api_key=KEY, allow_http=True)
    assert make(url)


@BOTH
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://127.8.8.8", "http://localhost:8000/", "http://[::1]:8000"]
)
def test_this_machine_needs_no_encryption(make, url) -> None:
    assert make(url, api_key=KEY)


@BOTH
@pytest.mark.parametrize(
    "url",
    ["", "plumb.example.org", "ftp://plumb.example.org", "https://", "https://u:p@plumb.example.org",
     "https://plumb.example.org:port", "https://plumb.example.org/?a=b", "file:///etc/passwd",
     "https://[::1", "https://plumb.example.org/#a", "http://127.0.0.1:8000/v1/"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(make, url) -> None:
    with pytest.raises(ConfigurationError, match="base_url") as refused:
        make(url)
    assert "u:p" not in str(refused.value)


@BOTH
@pytest.mark.parametrize("key", ["two words", "line\nend", "ümlaut", "nul\0"])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(make, key) -> None:
    with pytest.raises(ConfigurationError, match="api_key") as refused:
        make("https://plumb.example.org", api_key=key)
    assert key not in "".join(traceback.format_exception(refused.value))


def test_a_key_with_an_end_of_line_of_a_file_is_taken(connect, scripted) -> None:
    scripted.replies = [ALIVE]
    connect(scripted.url, f" {KEY}\n").health()
    assert scripted.requests[0].headers["Authorization"] == f"Bearer {KEY}"


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    connect, scripted, monkeypatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    scripted.replies = [ALIVE]
    assert connect(scripted.url, KEY).health().status == "ok"


def test_a_path_in_front_of_the_service_is_kept(connect, scripted) -> None:
    scripted.replies = [ALIVE]
    connect(f"{scripted.url}/plumb/").health()
    assert scripted.requests[0].path == "/plumb/healthz"


def test_another_transport_can_send() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"status": str(request.url)})

    transport = httpx.MockTransport(answer)
    with Plumbline("https://plumb.example.org", transport=transport) as client:
        assert client.health().status == "https://plumb.example.org/healthz"


def test_a_closed_client_says_so() -> None:
    with Plumbline() as client:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        client.health()
