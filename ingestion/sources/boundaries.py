"""Whether a location is below another one, however either is spelt."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ingestion.sources.locations import local_path, scheme_of

_PORTS = {"http": 80, "https": 443}
_MOST_DECODED = 5
# Some servers read a backslash as a slash, and some libraries drop control characters.
_TREACHEROUS = re.compile(r"[\\\x00-\x1f\x7f]")
_SEGMENT_END = re.compile(r"[/?#;]")
_ENCODED_SLASH = re.compile(r"%(?:25)*2f", re.IGNORECASE)


def is_below(location: str, root: str) -> bool:
    """Whether `location` is `root` or below it. Where that is uncertain, it is not.

    Local paths are compared as they are on the disk, links followed; relative ones are below
    nothing. Scheme and host of a URL are compared in lower case, the rest as it is.
    """
    try:
        here, there = local_path(location), local_path(root)
    except ValueError:
        return False
    if here is not None or there is not None:
        return here is not None and there is not None and _is_local_below(here, there)
    if _treacherous(location):
        return False
    try:
        (site, path), (root_site, root_path) = _parts(location), _parts(root)
    except ValueError:
        return False
    return site == root_site and path[: len(root_path)] == root_path


def _is_local_below(here: Path, root: Path) -> bool:
    if not (here.is_absolute() and root.is_absolute()) or "\0" in os.fspath(here):
        return False
    return Path(os.path.realpath(here)).is_relative_to(os.path.realpath(root))


def _treacherous(url: str) -> bool:
    """Whether a server might read the URL's path as another one than is compared here."""
    if _ENCODED_SLASH.search(url):
        return True
    decoded = url.split("://", 1)[1]
    for _ in range(_MOST_DECODED):
        dots = any(segment in (".", "..") for segment in _SEGMENT_END.split(decoded))
        if dots or _TREACHEROUS.search(decoded):
            return True
        before, decoded = decoded, unquote(decoded)
        if before == decoded:
            return False
    return True


def _parts(url: str) -> tuple[tuple[str, str, int | None], list[str]]:
    """Where it is (scheme, host, port), and the segments of its path."""
    scheme = scheme_of(url) or ""
    if scheme not in _PORTS:
        # The first segment of a storage URL is a bucket, or none at all (memory:///folder).
        return (scheme, "", None), [part for part in url.split("://", 1)[1].split("/") if part]
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None or not parts.hostname:
        raise ValueError("a login, or no host")
    segments = parts.path.removeprefix("/").removesuffix("/").split("/")
    return (scheme, parts.hostname, parts.port or _PORTS[scheme]), segments if any(segments) else []
