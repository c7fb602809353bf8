"""List files of this machine: a file, a folder, or a glob."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ingestion.errors import SourceError
from ingestion.loaders.files import find_files, printable, reason, walk
from ingestion.sources.globbing import Glob
from ingestion.sources.locations import label_of, split_local
from ingestion.sources.source import Source
from ingestion.sources.source_file import SourceFile


def local_files(source: Source, base: Path) -> Iterator[SourceFile]:
    """The source's files with ids that have no prefix yet; hidden ones are left out.

    Raises:
        SourceError: nothing is there, or a folder cannot be read.
    """
    try:
        where, pattern = split_local(source.url, base)
    except ValueError as error:
        raise SourceError(f"{source.url}: {error}") from error
    if pattern is None:
        found = [(file.path, file.document_id) for file in find_files(where)]
    else:
        found = [(where / path, printable(path)) for path in _matching(where, Glob(pattern))]
    is_file = pattern is None and not where.is_dir()
    label = "" if is_file else printable(label_of(source.url))
    for path, name in found:
        yield SourceFile(
            document_id=name,
            source=source.key,
            url=os.path.abspath(path),  # noqa: PTH100  links are kept as they are written
            size=_size(path),
            records=source.records,
            shown=f"{label}/{name}" if label else name,
        )


def _matching(folder: Path, glob: Glob) -> list[str]:
    """Paths below a folder that fit. Folders that cannot lead to one are not entered."""
    try:
        return list(walk(folder, glob.may_lead, glob.matches))
    except OSError as error:
        where = printable(os.fspath(error.filename or folder))
        raise SourceError(
            f"{where}: {reason(error)}; check the path, and make the folder readable"
        ) from error
    except ValueError as error:  # a NUL in the path
        raise SourceError(f"{printable(os.fspath(folder))}: not a path; check it") from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # gone meanwhile: reading it will say so
        return 0
