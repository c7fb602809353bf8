"""Look at pages of the web: is each there, how large, and has it changed?"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ingestion.errors import SourceError
from ingestion.loaders.files import printable
from ingestion.loaders.formats import FORMATS
from ingestion.loaders.loading import LARGEST_FILE
from ingestion.sources.source import Source
from ingestion.sources.source_file import SourceFile
from ingestion.sources.web_client import WITHIN, opened_page, web_client

if TYPE_CHECKING:
    import httpx

AT_ONCE = 8
_SUFFIXES = {
    **{known.media_type: suffix for suffix, known in FORMATS.items()},
    "application/csv": ".csv",
    "application/x-ndjson": ".jsonl",
    "application/xhtml+xml": ".xhtml",
    "text/html": ".html",
    "text/x-markdown": ".md",
}


def web_pages(source: Source, networks: Sequence[str] = ()) -> Iterator[SourceFile]:
    """The source's pages, each asked for its head. The id of a document is its URL.

    Args:
        networks: what may be connected to beside the public internet.

    Raises:
        SourceError: a page is not there, is too large, or cannot be reached.
    """
    from concurrent.futures import ThreadPoolExecutor

    with web_client(source.options, networks) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        for page in pool.map(lambda url: _look_at(client, source, url), source.pages):
            yield replace(page, networks=tuple(networks))


def path_of(url: str) -> str:
    """The path of a page's URL, for `include` and `exclude`."""
    return unquote(urlsplit(url).path).lstrip("/")


def _look_at(client: httpx.Client, source: Source, url: str) -> SourceFile:
    head = _headers(client, source, url)
    size = int(head.get("content-length", "0")) if head.get("content-length", "").isdecimal() else 0
    if size > LARGEST_FILE:
        raise SourceError(
            f"{url}: {size >> 20} MB is more than the {LARGEST_FILE >> 20} MB that one document "
            "may have; split it, or take it out"
        )
    etag = head.get("etag")
    return SourceFile(
        document_id=printable(url),
        source=source.key,
        url=url,
        size=size,
        # A weak one promises the same meaning, not the same bytes.
        stamp=f"etag:{etag}" if etag and not etag.startswith("W/") else None,
        format_name=_format_name(url, head.get("content-type", "")),
        records=source.records,
        options=source.options,
    )


def _headers(client: httpx.Client, source: Source, url: str) -> Mapping[str, str]:
    import httpx

    within = source.options.get(WITHIN, ())
    try:
        with opened_page(client, "HEAD", url, within=within, error=SourceError) as page:
            return page.headers
    except SourceError as error:
        if not isinstance(error.__cause__, httpx.HTTPStatusError):
            raise
        # Some servers answer HEAD wrongly; GET decides, and is closed before the body.
        with opened_page(client, "GET", url, within=within, error=SourceError) as page:
            return page.headers


def _format_name(url: str, content_type: str) -> str:
    """A name whose suffix tells the format: by the URL's own, or else by the server's word."""
    suffix = PurePosixPath(path_of(url)).suffix.lower()
    if suffix in FORMATS:
        return f"page{suffix}"
    kind = content_type.partition(";")[0].strip().lower()
    return f"page{_SUFFIXES.get(kind) or mimetypes.guess_extension(kind) or suffix}"
