"""Find one file of a source again by the name under which it was listed, without listing the source."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote_to_bytes

from ingestion.loaders.files import printable
from ingestion.sources.locations import LOCAL_SCHEMES, scheme_of, split_glob, split_local
from ingestion.sources.source import Source
from ingestion.sources.source_file import SourceFile


def find_file(
    source: Source, name: str, base: Path, networks: Sequence[str] = ()
) -> SourceFile | None:
    """The file that a listing of the source calls `name`; None if the source cannot hold one.

    Nothing is opened, so the file may be gone. The caller checks its hash when it reads the file, since
    another file may be there by now.

    Args:
        name: `document_id` of the file, as `list_files` gives it.
        base: the folder that a relative path is relative to.
        networks: what pages may be fetched from beside the public internet.
    """
    if not name.startswith(source.prefix):
        return None
    below = name[len(source.prefix) :]
    if source.pages:
        url = next((url for url in source.pages if printable(url) == below), None)
    elif scheme_of(source.url) in (None, *LOCAL_SCHEMES):
        url = _local(source.url, below, base)
    else:
        url = _stored(source.url, below)
    if url is None:
        return None
    return SourceFile(
        document_id=name,
        source=source.key,
        url=url,
        options=source.options,
        networks=tuple(networks) if source.pages else (),
    )


def _local(location: str, below: str, base: Path) -> str | None:
    try:
        where, pattern = split_local(location, base)
    except ValueError:
        return None
    if pattern is None and not where.is_dir():
        found = where if printable(where.name) == below else None
    else:
        found = where / _as_named(below) if _is_below(below) else None
    # Links are kept as they are written.
    return os.path.abspath(found) if found is not None else None  # noqa: PTH100


def _stored(location: str, below: str) -> str | None:
    where, _ = split_glob(location)
    if not _is_below(below):
        return None
    if PurePosixPath(where).name == _as_named(below):
        return where
    return f"{where.rstrip('/')}/{_as_named(below)}"


def _as_named(name: str) -> str:
    """A file's name as the file system has it: undoes `printable`."""
    return os.fsdecode(unquote_to_bytes(name)) if "%" in name else name


def _is_below(name: str) -> bool:
    """Whether a path stays in the folder that it is relative to."""
    path = PurePosixPath(_as_named(name))
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts
