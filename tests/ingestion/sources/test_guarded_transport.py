"""A page cannot lead a sync to this machine, to private networks or to a cloud's metadata."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import SourceError, UnreadableDocument
from ingestion.sources.fetching import content_hash
from ingestion.sources.listing import list_files
from ingestion.sources.source import Source

HERE = Path("/")
# The server's own address, and no other of this machine.
HOME = ["127.0.0.1"]


def listed(url: str, networks: list[str] = HOME) -> Any:
    (file,) = list_files(Source(url=url), HERE, networks)
    return file


def test_a_page_on_this_machine_is_refused_until_it_is_named(web: Any, page: Any) -> None:
    web.pages["/a.html"] = page(b"<p>secret")
    with pytest.raises(SourceError, match=r"a\.html: leads to 127\.0\.0\.1, which is in a private"):
        listed(web.url("/a.html"), [])
    assert web.asked == []
    assert listed(web.url("/a.html")).networks == ("127.0.0.1",)


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2:{port}/in", "http://127.2:{port}/in", "http://2130706434:{port}/in",
        "http://0.0.0.0:{port}/in", "http://[::ffff:127.0.0.2]:{port}/in", "http://[::1]:{port}/in",
        "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "//10.0.0.1/in",
        "http://user:pw@127.0.0.1:{port}/in", "http://user@127.0.0.1:{port}/in",
        "https://168.63.129.16/", "file:///etc/passwd", "ftp://127.0.0.1/in", "gopher://10.0.0.1/",
    ],
)  # fmt: skip
def test_no_redirect_leads_elsewhere(web: Any, page: Any, target: str) -> None:
    port = web.host.rpartition(":")[2]
    web.pages["/a.html"] = page(b"<p>text")
    file = listed(web.url("/a.html"))
    web.pages["/a.html"] = page(status=302, headers={"Location": target.format(port=port)})
    web.pages["/in"] = page(b"secret")
    with pytest.raises(SourceError):
        listed(web.url("/a.html"))
    # And none that comes only when the page is fetched.
    with pytest.raises(UnreadableDocument):
        content_hash(file)
    assert not any(path == "/in" for _, path in web.asked)


class Names:
    """A name server that changes its mind."""

    def __init__(self, answers: list[str]) -> None:
        self.answers = answers
        self.asked = 0
        self._true = socket.getaddrinfo

    def __call__(self, host: Any, port: Any, *args: Any, **more: Any) -> Any:
        if host in ("rebound.test", b"rebound.test"):
            answer = self.answers[min(self.asked, len(self.answers) - 1)]
            self.asked += 1
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in answer.split()]
        return self._true(host, port, *args, **more)


def rebound(web: Any, monkeypatch: pytest.MonkeyPatch, *answers: str) -> tuple[Names, str]:
    names = Names(list(answers))
    monkeypatch.setattr(socket, "getaddrinfo", names)
    return names, web.url("/a.html").replace("127.0.0.1", "rebound.test")


def test_the_address_that_was_checked_is_connected_to(
    web: Any, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.pages["/a.html"] = page(b"<p>text")
    names, url = rebound(web, monkeypatch, "127.0.0.1", "127.0.0.9")
    file = listed(url)
    assert names.asked == 1
    assert web.asked == [("HEAD", "/a.html")]
    assert web.headers[0]["Host"].startswith("rebound.test")
    with pytest.raises(UnreadableDocument, match=r"leads to rebound\.test"):
        content_hash(file)


def test_one_private_address_among_public_ones_is_refused(
    web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, url = rebound(web, monkeypatch, "127.0.0.1 10.0.0.1")
    with pytest.raises(SourceError, match=r"leads to rebound\.test"):
        listed(url)
    assert web.asked == []


def test_a_host_named_by_the_operator_may_be_anywhere(
    web: Any, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.pages["/a.html"] = page(b"<p>text")
    _, url = rebound(web, monkeypatch, "127.0.0.1")
    assert content_hash(listed(url, ["rebound.test"]))


def test_a_proxy_takes_allowed_hosts_only(
    web: Any, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", web.url(""))
    monkeypatch.setenv("HTTP_PROXY", web.url(""))
    inside = "http://10.0.0.1/a.html"
    web.pages[inside] = page(b"secret")
    with pytest.raises(SourceError, match=r"leads to 10\.0\.0\.1"):
        listed(inside, [])
    assert web.asked == []
    # What the proxy is asked for is what is named, and a redirect from there is held back too.
    web.pages["http://wiki.test/a.html"] = page(b"<p>text", headers={"Content-Type": "text/html"})
    file = listed("http://wiki.test/a.html", ["wiki.test"])
    assert web.asked == [("HEAD", "http://wiki.test/a.html")]
    web.pages["http://wiki.test/a.html"] = page(status=302, headers={"Location": inside})
    with pytest.raises(UnreadableDocument, match=r"leads to 10\.0\.0\.1"):
        content_hash(file)


def test_no_definition_opens_a_network(web: Any, page: Any) -> None:
    web.pages["/a.html"] = page(b"<p>secret")
    for option in ("networks", "allowed_networks"):
        source = Source(url=web.url("/a.html"), options={option: ["127.0.0.1"]})
        with pytest.raises(SourceError, match="leads to"):
            list_files(source, HERE)
    assert web.asked == []
