from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import SourceError, UnreadableDocument
from ingestion.sources.allowed_locations import check_allowed
from ingestion.sources.boundaries import is_below
from ingestion.sources.definitions import SetDefinition
from ingestion.sources.fetching import content_hash
from ingestion.sources.listing import list_files
from ingestion.sources.source import Source

HOME = ["127.0.0.1"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An allowed folder, beside one that is not."""
    for name in ("open/a.md", "open/sub/b.md", "open-secret/c.md", "secret/d.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path / "open"


def refused(source: Source, roots: list[str]) -> str:
    with pytest.raises(SourceError) as caught:
        check_allowed(source, roots)
    return str(caught.value)


def test_nothing_is_allowed_unless_it_is_set(root: Path) -> None:
    for url in (str(root), "https://a.example/", "s3://bucket"):
        assert "must be below one of: nothing; name such a place" in refused(Source(url=url), [])
        refused(Source(url=url), [""])


@pytest.mark.parametrize(
    "below", ["", "/", "/sub", "/sub/b.md", "/**/*.md", "/sub/../a.md", "/none"]
)
def test_what_is_below_an_allowed_folder(root: Path, below: str) -> None:
    for url in (f"{root}{below}", f"file://{root}{below}", f"FILE://localhost{root}{below}"):
        for allowed in (str(root), f"{root}/", root.as_uri()):
            assert check_allowed(Source(url=url), [allowed]).url == url


@pytest.mark.parametrize(
    "url",
    [
        "{root}/../secret",
        "{root}/sub/../../secret/d.md",
        "{root}-secret",
        "{root}/../**/*.md",
        "{parent}",
        "{parent}/*/d.md",
        "file://{root}/../secret",
        "file://{root}/%2e%2e/secret",
        "file://{root}/%2E./secret",
        "file://{root}%2f..%2fsecret",
        "local://{root}/../secret",
        "file://other{root}",
        "open",
        ".",
        "../open/a.md",
        "~/a.md",
        "file:{root}/../secret",
        "/etc/passwd",
        "/proc/self/root{root}/../secret",
        "s3://{root}",
        "memory://{root}",
        "zip://{root}",
        "simplecache::file://{root}/a.md",
    ],
)
def test_what_leads_out_of_an_allowed_folder(root: Path, url: str) -> None:
    given = url.format(root=root, parent=root.parent)
    assert "must be below one of" in refused(Source(url=given), [str(root), root.as_uri()])


def test_a_link_out_of_an_allowed_folder(root: Path) -> None:
    (root / "out").symlink_to(root.parent / "secret")
    (root / "in").symlink_to(root / "sub")
    (root / "[odd]").symlink_to(root.parent / "secret")
    for name in ("out", "out/d.md", "out/*.md", "[odd]"):
        assert "must be below one of" in refused(Source(url=f"{root}/{name}"), [str(root)])
    inside = Source(url=f"{root}/in/*.md")
    assert check_allowed(inside, [str(root)]) == inside


def test_an_allowed_folder_may_be_a_link_itself(root: Path) -> None:
    link = root.parent / "link"
    link.symlink_to(root)
    for source in (Source(url=f"{link}/sub"), Source(url=f"{root}/sub")):
        assert check_allowed(source, [str(link)]) == source
    assert refused(Source(url=f"{root.parent}/secret"), [str(link)])


def test_a_glob_finds_nothing_above_its_folder(root: Path) -> None:
    source = check_allowed(Source(url=f"{root}/*/../../secret/*"), [str(root)])
    with pytest.raises(SourceError, match="no files there"):
        list_files(source, Path("/"))


def test_a_relative_root_is_relative_to_where_the_service_runs(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root.parent)
    inside = Source(url=f"{root}/sub")
    assert check_allowed(inside, ["open"]) == inside
    assert str(root.parent / "open") in refused(Source(url=f"{root.parent}/secret"), ["open"])


PAGES = "https://docs.example.com/public"


@pytest.mark.parametrize(
    "url",
    [
        PAGES,
        f"{PAGES}/",
        f"{PAGES}/a/b.html?x=1#y",
        "HTTPS://DOCS.example.COM/public/a",
        "https://docs.example.com:443/public/a",
        f"{PAGES}/a%20b",
        f"{PAGES}?page=2",
    ],
)
def test_pages_below_an_allowed_url(url: str) -> None:
    assert is_below(url, PAGES)
    check_allowed(Source(url=url), ["/srv", f"{PAGES}/"])


@pytest.mark.parametrize(
    "url",
    [
        "https://docs.example.com/",
        "https://docs.example.com/publicity",
        "https://docs.example.com/Public",
        "http://docs.example.com/public",
        "https://docs.example.com:8443/public",
        "https://docs.example.com.evil.example/public",
        "https://evil.example/docs.example.com/public",
        "https://docs.example.com@evil.example/public",
        "https://evil.example#@docs.example.com/public",
        "https://evil.example\\@docs.example.com/public",
        f"{PAGES}/../private",
        f"{PAGES}/%2e%2e/private",
        f"{PAGES}/.%2E/private",
        f"{PAGES}/%252e%252e/private",
        f"{PAGES}/%25252e%25252e/private",
        f"{PAGES}/..%2fprivate",
        f"{PAGES}/..\\private",
        f"{PAGES}/%5c..%5cprivate",
        f"{PAGES}/..;/private",
        f"{PAGES}%2f..%2fprivate",
        f"{PAGES}%252f..%252fprivate",
        f"{PAGES}/%00",
        "https://docs.example.com//public",
        "https://docs.example.com:port/public",
        "https:///public",
        "https://[::1/public",
        "http://169.254.169.254/latest/meta-data",
        "ftp://docs.example.com/public",
        "https://ｄocs.example.com/public",
    ],
)
def test_pages_that_are_not_below_it(url: str) -> None:
    assert not is_below(url, PAGES)


def test_every_page_of_a_list_is_checked() -> None:
    source = Source(urls=(f"{PAGES}/a", "https://evil.example/b"))
    assert refused(source, [PAGES]).startswith("https://evil.example/b: ")


@pytest.mark.parametrize(
    ("url", "below"),
    [
        ("s3://bucket/docs", True),
        ("S3://bucket/docs/a/*.md", True),
        ("s3://bucket/docs/**", True),
        ("s3://bucket", False),
        ("s3://bucket/*/a.md", False),
        ("s3://bucket/docs2", False),
        ("s3://bucket/docs/../x", False),
        ("s3://Bucket/docs", False),
        ("s3a://bucket/docs", False),
        ("az://bucket/docs", False),
        ("simplecache::s3://bucket/docs", False),
    ],
)
def test_storage_below_an_allowed_url(url: str, below: bool) -> None:
    source, roots = Source(url=url), ["s3://bucket/docs/"]
    if below:
        assert check_allowed(source, roots) == source
    else:
        assert "must be below one of: s3://bucket/docs/" in refused(source, roots)


@pytest.mark.parametrize(
    "options",
    [
        {"endpoint_url": "http://evil.example"},
        {"client_kwargs": {"endpoint_url": "http://evil.example"}},
        {"profile": "admin"},
        {"redirects_within": ["https://evil.example"]},
    ],
)
def test_options_that_lead_elsewhere_are_refused(options: dict[str, Any]) -> None:
    said = refused(Source(url="s3://bucket/docs", options=options), ["s3://bucket"])
    assert f"the option {next(iter(options))} cannot be given over REST; leave it out" in said
    check_allowed(Source(url="s3://bucket/docs", options={"anon": True}), ["s3://bucket"])


def test_redirects_of_a_page_stay_within_what_is_allowed(web: Any, page: Any) -> None:
    web.pages["/public/moved"] = page(status=302, headers={"Location": "/public/here"})
    web.pages["/public/here"] = page(b"x")
    web.pages["/public/out"] = page(status=302, headers={"Location": "/private"})
    web.pages["/public/up"] = page(status=302, headers={"Location": "/public/%2e%2e/private"})
    web.pages["/private"] = web.pages["/public/%2e%2e/private"] = page(b"secret")
    allowed = [web.url("/public")]
    widened = {"redirects_within": [web.url("/")]}
    (file,) = list_files(
        check_allowed(Source(url=web.url("/public/moved")), allowed), Path("/"), HOME
    )
    assert content_hash(file)
    for path in ("/public/out", "/public/up"):
        source = check_allowed(Source(url=web.url(path), options=widened), allowed)
        with pytest.raises(SourceError, match=r"private, which is not allowed"):
            list_files(source, Path("/"), HOME)
    # A redirect that comes only when the page is fetched.
    web.pages["/public/moved"] = web.pages["/public/out"]
    with pytest.raises(UnreadableDocument, match=r"private, which is not allowed"):
        content_hash(file)
    assert not any("private" in asked for _, asked in web.asked)


def test_all_sources_of_a_definition_are_checked(root: Path) -> None:
    definition = SetDefinition(
        document_set="kb", sources=(Source(url=str(root)), Source(url=f"{PAGES}/a"))
    )
    checked = check_allowed(definition, [str(root), PAGES])
    assert checked.sources[0] == definition.sources[0]
    assert checked.sources[1].options == {"redirects_within": [PAGES]}
    assert check_allowed(checked, [str(root), PAGES]) == checked
    with pytest.raises(SourceError, match=r"docs\.example\.com/public/a: sources over REST"):
        check_allowed(definition, [str(root)])
