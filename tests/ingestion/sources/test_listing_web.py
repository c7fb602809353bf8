"""Pages of the web, from a real server."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ingestion.errors import SourceError
from ingestion.sources import web_pages
from ingestion.sources.listing import list_files
from ingestion.sources.source import Source
from ingestion.sources.source_file import SourceFile
from tests.ingestion.sources.conftest import Page, Site

HTML = {"Content-Type": "text/html; charset=utf-8"}


def listed(source: Source) -> list[SourceFile]:
    return list_files(source, Path("/nowhere"))


def test_a_page(site: Site) -> None:
    site.pages["/guide?page=1"] = Page(b"<p>x</p>", headers={**HTML, "ETag": '"v1"'})
    url = f"{site.url}/guide?page=1"
    source = Source(url=f"{url}#top", prefix="web/")
    assert listed(source) == [
        SourceFile(f"web/{url}", url, url, 8, stamp='etag:"v1"', format_name="page.html")
    ]
    assert site.asked == ["HEAD /guide?page=1"]
    assert source.key == url


def test_a_weak_etag_is_no_stamp(site: Site) -> None:
    site.pages["/"] = Page(b"x", headers={**HTML, "ETag": 'W/"v1"'})
    assert listed(Source(url=site.url))[0].stamp is None


@pytest.mark.parametrize(
    ("path", "content_type", "name"),
    [
        ("/guide.md", "application/octet-stream", "page.md"),
        ("/guide.PDF", "text/html", "page.pdf"),
        ("/guide.php", "text/html; charset=utf-8", "page.html"),
        ("/guide", "application/pdf", "page.pdf"),
        ("/guide", "TEXT/Plain", "page.txt"),
        ("/guide", "application/x-ndjson", "page.jsonl"),
        ("/guide", "application/xhtml+xml", "page.xhtml"),
        ("/guide", "image/png", "page.png"),
        ("/guide.aspx", "", "page.aspx"),
        ("/guide?file=x.md", "text/html", "page.html"),
    ],
)
def test_the_format_comes_from_the_url_or_else_from_the_server(
    site: Site, path: str, content_type: str, name: str
) -> None:
    site.pages[path] = Page(b"x", headers={"Content-Type": content_type})
    assert listed(Source(url=site.url + path))[0].format_name == name


def test_many_pages_are_sorted_and_chosen(site: Site) -> None:
    for number in range(20):
        site.pages[f"/docs/{number:02}.html"] = Page(b"x")
    urls = [f"{site.url}/docs/{number:02}.html" for number in reversed(range(20))]
    found = listed(Source(urls=urls, exclude=["/docs/0*"]))
    assert [file.document_id for file in found] == sorted(urls)[10:]
    assert {file.source for file in found} == {site.url}


def test_a_server_that_gives_no_heads(site: Site) -> None:
    site.pages["/"] = Page(b"<p>x</p>", headers=HTML, head_status=405)
    assert listed(Source(url=site.url))[0].format_name == "page.html"
    assert site.asked == ["HEAD /", "GET /"]


def test_redirects_are_followed_and_the_id_stays(site: Site) -> None:
    site.pages["/old"] = Page(status=301, headers={"Location": "/new"})
    site.pages["/new"] = Page(b"x", headers={**HTML, "ETag": '"n"'})
    [file] = listed(Source(url=f"{site.url}/old"))
    assert (file.document_id, file.url) == (f"{site.url}/old", f"{site.url}/old")
    assert (file.stamp, file.format_name) == ('etag:"n"', "page.html")


def test_redirects_come_to_an_end(site: Site) -> None:
    site.pages["/loop"] = Page(status=302, headers={"Location": "/loop"})
    with pytest.raises(SourceError, match="/loop: more than 5 redirects"):
        listed(Source(url=f"{site.url}/loop"))
    assert len(site.asked) == 6


@pytest.mark.parametrize("target", ["ftp://a.example/x", "file:///etc/passwd", "http://[bad/"])
def test_redirects_to_what_is_no_page(site: Site, target: str) -> None:
    site.pages["/away"] = Page(status=302, headers={"Location": target})
    with pytest.raises(SourceError, match=r"/away: .*check the address"):
        listed(Source(url=f"{site.url}/away"))


def test_redirects_stay_where_they_must(site: Site) -> None:
    site.pages["/docs/a"] = Page(status=302, headers={"Location": "/docs/b"})
    site.pages["/docs/b"] = Page(b"x", headers=HTML)
    site.pages["/docs/c"] = Page(status=302, headers={"Location": "/private"})
    site.pages["/private"] = Page(b"secret", headers=HTML)
    options = {"redirects_within": [f"{site.url}/docs"]}
    assert listed(Source(url=f"{site.url}/docs/a", options=options))
    with pytest.raises(SourceError, match=r"/docs/c: leads to .*/private, which is not allowed"):
        listed(Source(url=f"{site.url}/docs/c", options=options))
    assert not any("private" in asked for asked in site.asked)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "wants a login"),
        (403, "without a login"),
        (404, "take it out of the definition"),
        (410, "gone for good"),
        (418, "check the address"),
        (429, "try again later"),
        (503, "try again later"),
    ],
)
def test_a_page_that_is_not_given(site: Site, status: int, said: str) -> None:
    site.pages["/x"] = Page(status=status)
    with pytest.raises(SourceError, match=f"{site.url}/x: the server answered {status} .*{said}"):
        listed(Source(url=f"{site.url}/x"))


def test_one_page_missing_stops_the_listing(site: Site) -> None:
    """Or its documents would look deleted."""
    site.pages["/a"] = Page(b"x", headers=HTML)
    with pytest.raises(SourceError, match=f"{site.url}/gone: the server answered 404"):
        listed(Source(urls=[f"{site.url}/a", f"{site.url}/gone"]))


def test_a_server_that_does_not_answer(site: Site) -> None:
    site.pages["/"] = Page(silent=True)
    with pytest.raises(SourceError, match=r"no answer in time; .*timeout_s"):
        listed(Source(url=site.url, options={"timeout_s": 0.1}))
    assert site.asked == ["HEAD /"]


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        with pytest.raises(SourceError, match=f"{url}: no connection .*check the address"):
            listed(Source(url=url))
    with pytest.raises(SourceError, match=r"plumbline\.invalid/: no connection"):
        listed(Source(url="http://plumbline.invalid/"))


def test_a_page_that_is_too_large(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_pages, "LARGEST_FILE", 2 << 20)
    site.pages["/"] = Page(b"x", headers={"Content-Length": str(5 << 20)})
    with pytest.raises(SourceError, match="5 MB is more than the 2 MB"):
        listed(Source(url=site.url))
