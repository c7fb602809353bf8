"""Tell local paths, web pages and storage URLs apart, and split a glob from its folder."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

WEB_SCHEMES = ("http", "https")
LOCAL_SCHEMES = ("file", "local")

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")
_ABSOLUTE = re.compile(r"[/\\~]|[A-Za-z]:[/\\]")
_WILDCARD = re.compile(r"[*?\[]")


class Split(NamedTuple):
    """A location without its glob.

    Attributes:
        folder: the longest part of the location that has no wildcard.
        pattern: the rest; None where there is no wildcard.
    """

    folder: str
    pattern: str | None


def scheme_of(location: str) -> str | None:
    """The URL scheme in lower case; None for a plain path."""
    match = _SCHEME.match(location)
    return match[1].lower() if match else None


def is_web(location: str) -> bool:
    """Whether it is a page of the web."""
    return scheme_of(location) in WEB_SCHEMES


def local_path(location: str) -> Path | None:
    """The path that a local location (a path, or file://) names; None for anything else.

    Raises:
        ValueError: a file:// URL of another machine.
    """
    scheme = scheme_of(location)
    if scheme is None:
        return Path(location)
    if scheme not in LOCAL_SCHEMES:
        return None
    # urlsplit would take "?" and "#" for a query, and they may well be part of a file's name.
    rest = location.split("://", 1)[1]
    host, slash, path = rest.partition("/")
    if host not in ("", "localhost"):
        raise ValueError(f"names the machine {host!r}; write file:///folder (three slashes)")
    return Path(unquote(slash + path, errors="surrogateescape"))


def split_glob(location: str) -> Split:
    """Cut a location before the first segment that has a wildcard (`*`, `?` or `[`)."""
    scheme = scheme_of(location)
    start = len(scheme) + 3 if scheme else 0
    segments = location[start:].split("/")
    for number, segment in enumerate(segments):
        if _WILDCARD.search(segment):
            folder = "/".join(segments[:number])
            if not folder and number:
                folder = "/"
            return Split(location[:start] + folder, "/".join(segments[number:]))
    return Split(location, None)


def split_local(location: str, base: Path) -> tuple[Path, str | None]:
    """The local path (from `base`, where it is relative) and the glob below it, if there is one.

    A name with a wildcard character in it that exists as it stands is no glob.

    Raises:
        ValueError: a file:// URL of another machine.
    """
    whole = local_path(location)
    if whole is None:
        raise ValueError("is not local")
    if os.path.lexists(base / whole):
        return base / whole, None
    folder, pattern = split_glob(os.fspath(whole))
    return base / folder, pattern


def absolute(location: str, base: Path) -> str:
    """A plain path made absolute; a URL as it is."""
    if scheme_of(location) is not None:
        return location
    return os.path.abspath(base / location)  # noqa: PTH100  links are kept as they are written


def label_of(location: str) -> str:
    """What readers are shown of a local source: its folder as it is written, never a server's path.

    Of an absolute folder the last name is left; of a relative one what follows `.` and `..`.
    """
    try:
        path = local_path(split_glob(location).folder)
    except ValueError:
        return ""
    if path is None:
        return location
    if path.is_absolute() or scheme_of(location) is not None:
        return path.name
    return "/".join(part for part in path.parts if part not in (".", ".."))


def for_readers(source: str, document_id: str) -> str:
    """Where a document comes from as readers are shown it: no path of this machine.

    Versions that were built before sources were labelled hold such paths.
    """
    if scheme_of(source) in (None, *LOCAL_SCHEMES) and (
        scheme_of(source) is not None or _ABSOLUTE.match(source)
    ):
        return document_id
    return source


def page_url(location: str) -> str:
    """One spelling for a page: scheme and host in lower case, no fragment."""
    parts = urlsplit(location)
    return parts._replace(netloc=parts.netloc.lower(), path=parts.path or "/", fragment="").geturl()


def without_trailing_slash(location: str) -> str:
    """One spelling for `docs`, `docs/` and `./docs`; `S3://bucket/` becomes `s3://bucket`."""
    scheme = scheme_of(location)
    if scheme is None:
        return os.path.normpath(location)
    if scheme in WEB_SCHEMES:
        return page_url(location)
    rest = location.split("://", 1)[1]
    return f"{scheme}://{rest.rstrip('/') or ('/' if rest else '')}"
