"""Keep definitions that come over REST to the places that the operator has allowed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import overload

from ingestion.errors import SourceError
from ingestion.settings import SyncSettings
from ingestion.sources.boundaries import is_below
from ingestion.sources.definitions import SetDefinition
from ingestion.sources.locations import (
    absolute,
    is_web,
    local_path,
    scheme_of,
    split_glob,
    split_local,
)
from ingestion.sources.source import Source
from ingestion.sources.web_client import WITHIN

# Options that say where a request goes must not come from outside: s3:// with an endpoint_url
# is another machine.
_OPTIONS = ("anon", "timeout_s")


def uploads_folder(uploads: str, name: str) -> str:
    """Where files uploaded to a set are: an absolute path or a URL.

    Args:
        uploads: `sync.uploads`.
        name: the set.
    """
    where = uploads if scheme_of(uploads) else os.fspath(Path(uploads).expanduser())
    return f"{absolute(where, Path.cwd()).rstrip('/')}/{name}"


def confined(definition: SetDefinition, sync: SyncSettings) -> SetDefinition:
    """A definition that came over REST as it may be synced now: see `check_allowed`.

    Raises:
        SourceError: a source is not (any more) where the operator allows it.
    """
    own = uploads_folder(sync.uploads, definition.document_set)
    return check_allowed(definition, [*sync.allowed_roots, own])


@overload
def check_allowed(checked: Source, allowed_roots: Sequence[str]) -> Source: ...


@overload
def check_allowed(checked: SetDefinition, allowed_roots: Sequence[str]) -> SetDefinition: ...


def check_allowed(
    checked: Source | SetDefinition, allowed_roots: Sequence[str]
) -> Source | SetDefinition:
    """The source or definition to use: what was given, its redirects kept to the same places.

    Links within an allowed folder are followed when it is listed: anyone who may write there decides
    where they lead.

    Args:
        checked: a source, or a definition all of whose sources are checked.
        allowed_roots: folders and URL prefixes; none means that nothing is allowed.

    Raises:
        SourceError: a source is not below one of them.
    """
    roots = [absolute(root, Path.cwd()) for root in allowed_roots if root]
    if isinstance(checked, Source):
        return _allowed(checked, roots)
    sources = tuple(_allowed(source, roots) for source in checked.sources)
    return checked.model_copy(update={"sources": sources})


def _allowed(source: Source, roots: Sequence[str]) -> Source:
    for place in source.pages or (_looked_into(source.url),):
        if not any(is_below(place, root) for root in roots):
            raise SourceError(
                f"{place}: sources over REST must be below one of: {', '.join(roots) or 'nothing'}; "
                "name such a place in full, or ask the operator to allow this one"
            )
    for name in source.options:
        if name not in _OPTIONS and not (source.pages and name == WITHIN):
            raise SourceError(
                f"{source.key}: the option {name} cannot be given over REST; leave it out (allowed: "
                f"{', '.join(_OPTIONS)})"
            )
    if not source.pages:
        return source
    within = {WITHIN: [root for root in roots if is_web(root)]}
    return source.model_copy(update={"options": {**source.options, **within}})


def _looked_into(url: str) -> str:
    """The folder that a glob is looked for in; the file or folder itself where it is no glob."""
    try:
        path = local_path(url)
    except ValueError:  # another machine's, which is below nothing
        return url
    if path is None:
        return split_glob(url).folder
    # A relative path is relative to nothing that the caller knows, and stays so.
    return os.fspath(split_local(url, Path("/"))[0]) if path.is_absolute() else url
