from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import SourceError
from ingestion.loaders.loading import LARGEST_FILE
from ingestion.sources.listing import list_files
from ingestion.sources.source import Source
from ingestion.sources.source_file import SourceFile

HERE = Path("/")
HOME = ["127.0.0.1"]


def listed(*urls: str, **fields: Any) -> list[SourceFile]:
    return list_files(Source(urls=urls, **fields), HERE, HOME)


def test_a_page_is_called_by_its_url(web: Any, page: Any) -> None:
    web.pages["/a%20b?x=1"] = page(b"<p>text", headers={"Content-Type": "text/html; charset=utf-8"})
    (file,) = list_files(Source(url=web.url("/a%20b?x=1#part"), prefix="web/"), HERE, HOME)
    assert file.document_id == "web/" + web.url("/a%2520b?x=1")
    assert file.url == web.url("/a%20b?x=1")
    assert file.format_name == "page.html"
    assert file.size == 7
    assert file.source == web.url("/a%20b?x=1")
    assert web.asked == [("HEAD", "/a%20b?x=1")]


@pytest.mark.parametrize(
    ("path", "content_type", "name"),
    [
        ("/", "text/html", "page.html"),
        ("/guide", "text/html; charset=utf-8", "page.html"),
        ("/guide", "application/pdf", "page.pdf"),
        ("/guide", "text/markdown", "page.md"),
        ("/guide", "text/plain", "page.txt"),
        ("/guide", "application/x-ndjson", "page.jsonl"),
        ("/guide.pdf", "application/octet-stream", "page.pdf"),
        ("/guide.MD", "text/plain", "page.md"),
        ("/guide.pdf?download=1", "", "page.pdf"),
        ("/index.php", "text/html", "page.html"),
        ("/v1.2", "TEXT/HTML", "page.html"),
        ("/logo", "image/png", "page.png"),
        ("/thing", "", "page"),
    ],
)
def test_the_suffix_or_else_the_server_names_the_format(
    web: Any, page: Any, path: str, content_type: str, name: str
) -> None:
    web.pages[path] = page(b"x", headers={"Content-Type": content_type} if content_type else {})
    (file,) = listed(web.url(path))
    assert file.format_name == name


def test_only_a_strong_etag_is_a_stamp(web: Any, page: Any) -> None:
    web.pages["/strong"] = page(headers={"ETag": '"abc"'})
    web.pages["/weak"] = page(headers={"ETag": 'W/"abc"'})
    web.pages["/dated"] = page(headers={"Last-Modified": "Sat, 01 Jan 2022 00:00:00 GMT"})
    files = listed(web.url("/strong"), web.url("/weak"), web.url("/dated"))
    assert {file.url.rpartition("/")[2]: file.stamp for file in files} == {
        "strong": 'etag:"abc"',
        "weak": None,
        "dated": None,
    }


def test_include_and_exclude_look_at_the_path_of_a_page(web: Any, page: Any) -> None:
    for path in ("/docs/a.html", "/docs/old/b.html", "/c.html"):
        web.pages[path] = page(b"x")
    urls = [web.url(path) for path in web.pages]
    files = listed(*urls, include=("/docs/",), exclude=("old/",))
    assert [file.url for file in files] == [web.url("/docs/a.html")]


def test_redirects_are_followed_and_the_page_keeps_its_name(web: Any, page: Any) -> None:
    web.pages["/old"] = page(status=301, headers={"Location": "/newer"})
    web.pages["/newer"] = page(status=307, headers={"Location": web.url("/new")})
    web.pages["/new"] = page(b"text", headers={"ETag": '"1"', "Content-Type": "text/plain"})
    (file,) = listed(web.url("/old"))
    assert file.document_id == file.url == web.url("/old")
    assert (file.format_name, file.stamp, file.size) == ("page.txt", 'etag:"1"', 4)


def test_redirects_without_end(web: Any, page: Any) -> None:
    web.pages["/loop"] = page(status=302, headers={"Location": "/loop"})
    with pytest.raises(SourceError, match=r"/loop: more than 5 redirects; name the page where it"):
        listed(web.url("/loop"))


def test_a_redirect_to_something_else_than_the_web(web: Any, page: Any) -> None:
    web.pages["/file"] = page(status=302, headers={"Location": "file:///etc/passwd"})
    with pytest.raises(SourceError, match=r"/file: .*protocol"):
        listed(web.url("/file"))


def test_get_decides_where_head_is_answered_wrongly(web: Any, page: Any) -> None:
    headers = {"Content-Type": "text/html"}
    for status in (403, 404, 405, 501):
        web.pages[f"/{status}"] = page(b"x" * 9, headers=headers, head_status=status)
    files = listed(*[web.url(path) for path in web.pages])
    assert {(file.size, file.format_name) for file in files} == {(9, "page.html")}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "the server answered 404 Not Found; check the address, or take it out of the def"),
        (401, "the server answered 401 Unauthorized; it wants a login"),
        (403, "the server answered 403 Forbidden; the server does not give it out"),
        (410, "the server answered 410 Gone; it is gone for good"),
        (418, "the server answered 418 I'm a Teapot; check the address"),
        (503, "the server answered 503 Service Unavailable; try again later"),
    ],
)
def test_a_page_that_does_not_come_stops_the_sync(
    web: Any, page: Any, status: int, said: str
) -> None:
    web.pages["/a"] = page(b"x")
    web.pages["/b"] = page(status=status)
    with pytest.raises(SourceError) as caught:
        listed(web.url("/a"), web.url("/b"))
    assert str(caught.value).startswith(f"{web.url('/b')}: {said}")


def test_a_page_that_is_too_large_is_not_fetched(web: Any, page: Any) -> None:
    web.pages["/big"] = page(headers={"Content-Length": str(LARGEST_FILE * 2)})
    with pytest.raises(SourceError, match=r"/big: 1024 MB is more than the 512 MB"):
        listed(web.url("/big"))


def test_a_server_that_does_not_answer(web: Any, page: Any) -> None:
    web.pages["/slow"] = page(endless=True)
    with pytest.raises(SourceError, match=r"/slow: no answer in time; .* raise .* timeout_s"):
        list_files(Source(url=web.url("/slow"), options={"timeout_s": 0.2}), HERE, HOME)


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(SourceError, match=r"no connection .*check the address, the network"):
            listed(url)


def test_a_host_that_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with pytest.raises(SourceError, match=r"^https://docs\.invalid/: no connection "):
        listed("https://docs.invalid/")
