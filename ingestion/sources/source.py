"""A source of a document set, as its definition names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, field_validator, model_validator

from ingestion.loaders import RecordFields
from ingestion.loaders.files import printable
from ingestion.null_fields import NullIsLeftOut
from ingestion.sources.credentials import secret_in_url, secret_option
from ingestion.sources.locations import is_web, page_url, scheme_of, without_trailing_slash
from ingestion.sources.selection import compiled

_RECORD_FIELDS = ("id", "title", "text")
_FROM_ENVIRONMENT = "credentials come from the environment, take it out"


class Source(NullIsLeftOut):
    """Where documents come from.

    Attributes:
        url: a local folder, a file or a glob (`docs/**/*.md`), relative to the definition; a page
            of the web; or what fsspec opens (s3://…, az://…, gs://…), with a glob or without.
        urls: pages of the web, instead of `url`.
        include: patterns as in .gitignore, on the path below the source: files to take. Default:
            all.
        exclude: patterns for files to leave out of these.
        prefix: put before the ids of the source's documents.
        records: which fields of a record are which, for JSONL and CSV.
        groups: who sees the source's documents, whatever their own `groups` say. Default: what
            these say, and everyone sees documents that say nothing.
        options: fsspec's storage options; for the web `timeout_s`, the limit on one wait in
            seconds. Credentials come from the environment.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = ""
    urls: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    prefix: str = ""
    records: RecordFields | None = None
    groups: tuple[str, ...] = ()
    options: dict[str, Any] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """What names the source within its set, and stays when its pages or patterns change.

        Its URL in one spelling; for `urls`, the sites that they are on.
        """
        if self.url:
            return without_trailing_slash(self.url)
        sites = {f"{scheme_of(url)}://{urlsplit(url).netloc}" for url in self.pages}
        return ", ".join(sorted(sites))

    @property
    def pages(self) -> tuple[str, ...]:
        """The source's web pages, in one spelling each; none if it is not of the web."""
        named = self.urls or ((self.url,) if is_web(self.url) else ())
        return tuple(page_url(url) for url in named)

    @field_validator("url")
    @classmethod
    def _usable(cls, url: str) -> str:
        _check_url(url)
        return url

    @field_validator("urls")
    @classmethod
    def _all_pages(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        seen = set()
        for url in urls:
            if not is_web(url):
                raise ValueError(
                    f"{url}: not a page of the web; `urls` takes http(s):// only, `url` the rest"
                )
            _check_url(url)
            if page_url(url) in seen:
                raise ValueError(f"{url}: listed twice; take one out")
            seen.add(page_url(url))
        return urls

    @field_validator("include", "exclude")
    @classmethod
    def _patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        if patterns:
            compiled(patterns)
        return patterns

    @field_validator("prefix")
    @classmethod
    def _printable(cls, prefix: str) -> str:
        if printable(prefix) != prefix:
            raise ValueError("must be printable, on one line")
        return prefix

    @field_validator("groups")
    @classmethod
    def _named(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        for group in groups:
            if not group.strip() or printable(group) != group:
                raise ValueError(
                    f"{printable(group)!r} is not a group's name; write it on one line"
                )
        return groups

    @field_validator("records", mode="before")
    @classmethod
    def _known_fields(cls, records: Any) -> Any:
        # A dataclass would silently drop a name that it does not know.
        for name in records if isinstance(records, Mapping) else ():
            if name not in _RECORD_FIELDS:
                raise ValueError(f"{name!r} is not a field; name {', '.join(_RECORD_FIELDS)}")
        if isinstance(records, Mapping):
            # Only the title may be null: records have none then.
            return {k: v for k, v in records.items() if v is not None or k == "title"}
        return records

    @field_validator("options")
    @classmethod
    def _no_secrets(cls, options: dict[str, Any]) -> dict[str, Any]:
        secret = secret_option(options)
        if secret:
            raise ValueError(f"{secret} looks like a credential; {_FROM_ENVIRONMENT}")
        timeout = options.get("timeout_s")
        if timeout is not None and not (isinstance(timeout, int | float) and timeout > 0):
            raise ValueError("timeout_s must be a number of seconds above 0")
        return options

    @model_validator(mode="after")
    def _one_place(self) -> Source:
        if bool(self.url) == bool(self.urls):
            raise ValueError("name `url`, or list pages as `urls`: exactly one of the two")
        return self


def _check_url(url: str) -> None:
    if any(ord(character) < 32 for character in url):
        raise ValueError(f"{printable(url)}: has control characters in it; check it")
    secret = secret_in_url(url)
    if secret:
        # The URL itself is not repeated: it would carry the secret into logs.
        raise ValueError(f"{secret} looks like a credential; {_FROM_ENVIRONMENT}")
    if not is_web(url):
        return
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{url}: not a URL ({error}); check it") from error
    if not host:
        raise ValueError(f"{url}: names no host; write https://host/page")
    if "*" in parts.path:
        raise ValueError(f"{url}: the web cannot be listed; name each page, with `urls`")
