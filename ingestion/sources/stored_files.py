"""List files in storage that fsspec opens: a bucket, a folder in it, a file, or a glob."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ingestion.errors import SourceError
from ingestion.loaders.files import OFFICE_LOCK_PREFIX, printable
from ingestion.sources.globbing import Glob
from ingestion.sources.locations import scheme_of, split_glob
from ingestion.sources.source import Source
from ingestion.sources.source_file import SourceFile
from ingestion.sources.storage import open_storage, why

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

# Where filesystems tell what changes with a file's content and never without it. A time of
# change is none: it is set by anyone who copies the file.
_STAMPS = ("ETag", "etag", "md5Hash", "md5", "VersionId", "version_id", "generation", "sha")


def stored_files(source: Source) -> Iterator[SourceFile]:
    """The source's files with ids that have no prefix yet; hidden ones are left out.

    Raises:
        SourceError: nothing is there, or it cannot be listed.
    """
    where, pattern = split_glob(source.url)
    glob = Glob(pattern) if pattern is not None else None
    filesystem, root = open_storage(where, source.options, SourceError, fresh=True)
    try:
        found = _find(filesystem, root, glob.depth if glob else None)
    except Exception as error:
        raise SourceError(f"{source.url}: {why(error, scheme_of(where) or '')}") from error
    for name, details in found.items():
        below = _below(name, root)
        if below is None:
            below, url = name.rpartition("/")[2], where
        elif _is_hidden(below):
            continue
        else:
            # The URL as it was written: it may name more than the path, such as an account.
            url = f"{where}{below}" if where.endswith("/") else f"{where}/{below}"
        if glob is not None and not glob.matches(below):
            continue
        yield SourceFile(
            document_id=printable(below),
            source=source.key,
            url=url,
            size=int(details.get("size") or 0),
            stamp=_stamp(details),
            records=source.records,
            options=source.options,
        )


def _find(filesystem: AbstractFileSystem, root: str, depth: int | None) -> dict[str, Any]:
    """What is known of every file below `root`, by its name; what cannot be listed raises."""
    details = filesystem.info(root)  # nothing there: that raises
    if details["type"] != "directory":
        return {root: details}
    if _lists_at_once(filesystem):
        found = filesystem.find(root, detail=True)
        # A name that ends so stands for an empty folder.
        return {name: details for name, details in found.items() if not name.endswith("/")}
    return dict(_walk(filesystem, root, depth))


def _lists_at_once(filesystem: AbstractFileSystem) -> bool:
    """Whether it has a `find` of its own, which asks for a whole bucket and fails as a whole."""
    from fsspec import AbstractFileSystem
    from fsspec.asyn import AsyncFileSystem

    kind = type(filesystem)
    if isinstance(filesystem, AsyncFileSystem):
        return kind._find is not AsyncFileSystem._find
    return kind.find is not AbstractFileSystem.find


def _walk(
    filesystem: AbstractFileSystem, folder: str, depth: int | None
) -> Iterator[tuple[str, Any]]:
    # fsspec's own walk passes over folders that it cannot list, whatever its options.
    for details in filesystem.ls(folder, detail=True):
        name = details["name"].rstrip("/")
        if name == folder.rstrip("/") or _is_hidden(name.rpartition("/")[2]):
            continue
        if details["type"] != "directory":
            yield name, details
        elif depth is None or depth > 1:
            yield from _walk(filesystem, name, depth and depth - 1)


def _below(name: str, root: str) -> str | None:
    """The path below the source; None if the source is this one file."""
    name, root = name.strip("/"), root.strip("/")
    if name == root:
        return None
    return name.removeprefix(f"{root}/")


def _is_hidden(below: str) -> bool:
    return any(part.startswith((".", OFFICE_LOCK_PREFIX)) for part in below.split("/"))


def _stamp(details: Mapping[str, Any]) -> str | None:
    for name in _STAMPS:
        value = details.get(name)
        if value and value != "null":  # S3's version of a file in a bucket without versions
            return f"{name.lower()}:{value}"
    return None
