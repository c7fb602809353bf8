"""What a source may be, and what it is called."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ingestion.loaders import RecordFields
from ingestion.sources.source import Source


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("docs", "docs"),
        ("./docs/", "docs"),
        ("docs/**/*.md", "docs/**/*.md"),
        ("/srv//docs/./a.md", "/srv/docs/a.md"),
        ("S3://Bucket/docs/", "s3://Bucket/docs"),
        ("memory://", "memory://"),
        ("file:///srv/docs/", "file:///srv/docs"),
        ("HTTPS://Docs.Example/Guide?x=1#top", "https://docs.example/Guide?x=1"),
        ("https://docs.example", "https://docs.example/"),
    ],
)
def test_the_key_is_the_url_in_one_spelling(url: str, key: str) -> None:
    assert Source(url=url).key == key


def test_the_key_of_pages_stays_when_a_page_is_added() -> None:
    one = Source(urls=["https://a.example/1"])
    two = Source(urls=["https://a.example/2", "https://A.example/1"])
    assert one.key == two.key == "https://a.example"


def test_a_source_survives_being_stored() -> None:
    source = Source(
        url="s3://b/docs",
        include=["*.md"],
        exclude=["drafts/"],
        prefix="a/",
        records=RecordFields(id="no", title=None, text="body"),
        options={"anon": True, "client_kwargs": {"region_name": "eu-west-1"}},
    )
    assert Source.model_validate_json(source.model_dump_json()) == source
    pages = Source(urls=["https://a.example/1"])
    assert Source.model_validate_json(pages.model_dump_json()) == pages


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "exactly one of the two"),
        ({"url": ""}, "exactly one of the two"),
        ({"url": "docs", "urls": ["https://a.example/"]}, "exactly one of the two"),
        ({"urls": ["docs/a.md"]}, "not a page of the web"),
        ({"urls": ["https://a.example/", "https://A.example/#x"]}, "listed twice"),
        ({"url": "https:///page"}, "names no host"),
        ({"url": "https://a.example:port/"}, "not a URL"),
        ({"url": "https://a.example/docs/*.html"}, "cannot be listed"),
        ({"url": "docs\x00a"}, "control characters"),
        ({"url": "docs", "include": [""]}, "matches nothing"),
        ({"url": "docs", "exclude": ["# drafts"]}, "matches nothing"),
        ({"url": "docs", "include": ["!"]}, "malformed"),
        ({"url": "docs", "prefix": "a\nb"}, "printable"),
        ({"url": "docs", "records": {"body": "text"}}, "'body' is no field"),
        ({"url": "docs", "pattern": "*.md"}, "Extra inputs"),
        ({"url": "https://a.example/", "options": {"timeout_s": 0}}, "seconds above 0"),
        ({"url": "https://a.example/", "options": {"timeout_s": "soon"}}, "seconds above 0"),
    ],
)
def test_what_cannot_be_a_source_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Source(**fields)


@pytest.mark.parametrize(
    "options",
    [
        {"key": "AKIA"},
        {"secret": "x"},
        {"token": "ghp_x"},
        {"account_key": "x"},
        {"sas_token": "x"},
        {"sasToken": "x"},
        {"connection_string": "x"},
        {"password": "x"},
        {"client_kwargs": {"aws_secret_access_key": "x"}},
        {"client_kwargs": {"headers": [{"Authorization": "Bearer x"}]}},
        {"endpoint_url": "http://me:secret@store.example"},
    ],
)
def test_options_hold_no_credentials(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="credentials come from the environment"):
        Source(url="s3://b", options=options)


@pytest.mark.parametrize(
    "options",
    [
        {"anon": True},
        {"token": "anon"},
        {"account_name": "store"},
        {"requester_pays": True},
        {"client_kwargs": {"endpoint_url": "https://store.example", "region_name": "eu"}},
    ],
)
def test_options_without_credentials_are_taken(options: dict[str, Any]) -> None:
    assert Source(url="s3://b", options=options).options == options


@pytest.mark.parametrize(
    "url",
    [
        "https://me:hunter2@a.example/",
        "https://a.example/x?sig=hunter2",
        "https://a.example/x?X-Amz-Signature=hunter2",
        "https://a.example/x?access_token=hunter2",
    ],
)
def test_urls_hold_no_credentials_and_errors_do_not_repeat_them(url: str) -> None:
    with pytest.raises(ValidationError, match="looks like a credential") as caught:
        Source(url=url)
    assert "hunter2" not in caught.value.errors()[0]["msg"]


def test_a_repository_is_no_login() -> None:
    assert Source(url="github://owner:repository@main/docs").key.startswith("github://owner")
