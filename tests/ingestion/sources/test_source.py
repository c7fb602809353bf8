from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ingestion.loaders import RecordFields
from ingestion.sources.source import Source


def message(**fields: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Source(**fields)
    return str(caught.value)


@pytest.mark.parametrize(
    ("spelt", "key"),
    [
        ("docs", "docs"),
        ("./docs/", "docs"),
        ("a/../docs", "docs"),
        ("docs/**/*.md", "docs/**/*.md"),
        ("/srv/docs/", "/srv/docs"),
        ("S3://Bucket/Folder/", "s3://Bucket/Folder"),
        ("memory://", "memory://"),
        ("HTTPS://Docs.Example.com/A", "https://docs.example.com/A"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com/a#part", "https://example.com/a"),
    ],
)
def test_one_key_for_every_spelling(spelt: str, key: str) -> None:
    assert Source(url=spelt).key == key


def test_the_key_of_a_list_of_pages_stays_when_a_page_is_added() -> None:
    one = Source(urls=("https://a.example/1", "https://b.example/2"))
    more = Source(urls=("https://b.example/3", "https://a.example/1", "https://a.example/9"))
    assert one.key == more.key == "https://a.example, https://b.example"


def test_patterns_and_prefix_are_no_part_of_the_key() -> None:
    assert Source(url="docs", include=("*.md",), prefix="x/").key == Source(url="docs").key


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "exactly one of the two"),
        ({"url": "docs", "urls": ["https://a.example/"]}, "exactly one of the two"),
        ({"urls": ["docs"]}, "docs: not a page of the web; `urls` takes http(s):// only"),
        ({"urls": ["https://a.example/x", "https://A.example/x#y"]}, "listed twice; take one out"),
        ({"url": "https://"}, "names no host; write https://host/page"),
        ({"url": "https://a.example:port/"}, "not a URL"),
        ({"url": "https://a.example/*.html"}, "the web cannot be listed; name each page"),
        ({"url": "docs\nmore"}, "has control characters in it"),
        ({"url": "docs", "include": ["!"]}, "the pattern '!' is malformed; write it as in"),
        ({"url": "docs", "exclude": [" "]}, "the pattern ' ' matches nothing; remove it"),
        ({"url": "docs", "exclude": ["#x"]}, "the pattern '#x' matches nothing; remove it"),
        ({"url": "docs", "prefix": "a\nb"}, "must be printable, on one line"),
        ({"url": "docs", "records": {"idd": "x"}}, "'idd' is not a field; name id, title, text"),
        ({"url": "https://a.example/", "options": {"timeout_s": 0}}, "seconds above 0"),
        ({"url": "docs", "incldue": []}, "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_a_source(fields: dict[str, Any], said: str) -> None:
    assert said in message(**fields)


@pytest.mark.parametrize(
    "options",
    [
        {"key": "AKIA"},
        {"secret": "x"},
        {"token": "ya29"},
        {"account_key": "x"},
        {"sas_token": "x"},
        {"connection_string": "AccountKey=x"},
        {"client_kwargs": {"aws_secret_access_key": "x"}},
        {"client_kwargs": {"headers": [{"Authorization": "Bearer x"}]}},
        {"client_kwargs": {"endpoint_url": "http://user:word@minio"}},
        {"password": "x"},
        {"sasToken": "x"},
    ],
)
def test_credentials_are_refused_and_not_repeated(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        Source(url="s3://bucket", options=options)
    (problem,) = caught.value.errors(include_input=False)
    assert "looks like a credential; credentials come from the environment" in problem["msg"]
    assert "AKIA" not in problem["msg"]
    assert "word" not in problem["msg"].replace("password", "")


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hunter2@a.example/",
        "sftp://user:hunter2@host/docs",
        "https://a.example/?sig=hunter2",
        "https://a.example/?X-Amz-Signature=hunter2",
        "https://a.example/?a=1&access_token=hunter2",
    ],
)
def test_credentials_in_a_url_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Source(url=url)
    (problem,) = caught.value.errors(include_input=False)
    assert "looks like a credential" in problem["msg"]
    assert "hunter2" not in problem["msg"]


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("s3://bucket", {"anon": True, "client_kwargs": {"region_name": "eu-west-1"}}),
        ("gs://bucket", {"token": "anon"}),
        ("abfs://box@account.dfs.core.windows.net/docs", {"account_name": "account"}),
        ("https://a.example/page?id=7", {"timeout_s": 2.5}),
        ("github://owner:repository@main/docs", {}),
        ("notes 10:30@home.md", {}),
    ],
)
def test_what_is_no_credential_is_taken(url: str, options: dict[str, Any]) -> None:
    assert Source(url=url, options=options).options == options


def test_it_survives_json() -> None:
    source = Source(
        url="s3://bucket/**/*.jsonl",
        include=("a/",),
        prefix="kb/",
        records=RecordFields(id="number", title=None, text="body"),
        options={"anon": True},
    )
    assert Source.model_validate_json(source.model_dump_json()) == source
