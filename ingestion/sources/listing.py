"""List a source's files, wherever they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ingestion.errors import SourceError
from ingestion.sources.local_files import local_files
from ingestion.sources.locations import LOCAL_SCHEMES, scheme_of
from ingestion.sources.selection import Selection
from ingestion.sources.source import Source
from ingestion.sources.source_file import SourceFile


def list_files(source: Source, base: Path, networks: Sequence[str] = ()) -> list[SourceFile]:
    """The source's files, sorted by document id. The listing is complete, or it raises.

    Args:
        base: the folder that a relative path is relative to.
        networks: what pages may be fetched from beside the public internet.

    Raises:
        SourceError: nothing is there, nothing fits, or it cannot be listed; the message names the
            source and the mend.
    """
    wanted = Selection(source.include, source.exclude)
    found = _found(source, base, networks)
    chosen = [
        replace(file, document_id=source.prefix + file.document_id, groups=source.groups)
        for file, path in found
        if wanted.wants(path)
    ]
    if not chosen:
        raise SourceError(_nothing(source, len(found)))
    return sorted(chosen, key=lambda file: file.document_id)


def _found(source: Source, base: Path, networks: Sequence[str]) -> list[tuple[SourceFile, str]]:
    """Every file, and the path that `include` and `exclude` look at."""
    if source.pages:
        from ingestion.sources.web_pages import path_of, web_pages

        return [(file, path_of(file.url)) for file in web_pages(source, networks)]
    if scheme_of(source.url) in (None, *LOCAL_SCHEMES):
        files = local_files(source, base)
    else:
        from ingestion.sources.stored_files import stored_files

        files = stored_files(source)
    return [(file, file.document_id) for file in files]


def _nothing(source: Source, found: int) -> str:
    if found:
        return (
            f"{source.key}: none of its {found} files passes include and exclude; "
            "these patterns are written as in .gitignore, relative to the source"
        )
    return f"{source.key}: no files there (hidden ones are left out); check the path or the glob"
