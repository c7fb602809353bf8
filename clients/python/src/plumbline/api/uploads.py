"""Which files are uploaded, and how many in one request."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from plumbline.calls import Upload
from plumbline.errors import ConfigurationError

# A file, a folder with all that is below it, or a name and a content.
Given: TypeAlias = str | os.PathLike[str] | tuple[str, bytes]
# By default a service takes 100 MB in one request, and 60 changes a minute.
MOST_FILES = 50
MOST_BYTES = 50_000_000


def uploads_of(given: Iterable[Given]) -> list[Upload]:
    """The files, each under its name without a folder.

    Raises:
        ConfigurationError: a file is not there, or two have one name.
    """
    found: dict[str, Upload] = {}
    for one in given:
        for upload in _files(one):
            if upload.name in found:
                raise ConfigurationError(
                    f"files: two are called {upload.name!r}, and the second would replace the "
                    "first; a document set knows files by their names. Rename one."
                )
            found[upload.name] = upload
    if not found:
        raise ConfigurationError("files: there is none to upload; name files, or a folder of some.")
    return list(found.values())


def in_requests(uploads: Iterable[Upload]) -> Iterator[list[Upload]]:
    """The files in groups that one request takes; a large one alone."""
    group: list[Upload] = []
    size = 0
    for one in uploads:
        bytes_ = len(one.content) if isinstance(one.content, bytes) else _size(one.content)
        if group and (len(group) >= MOST_FILES or size + bytes_ > MOST_BYTES):
            yield group
            group, size = [], 0
        group.append(one)
        size += bytes_
    if group:
        yield group


def _files(given: Given) -> Iterator[Upload]:
    if isinstance(given, tuple):
        name, content = given
        if not isinstance(content, bytes):
            kind = type(content).__name__
            raise ConfigurationError(
                f"files: the content of {name!r} is of type {kind}; give bytes."
            )
        yield Upload("files", name, content)
        return
    if not isinstance(given, str | os.PathLike):
        raise ConfigurationError(
            f"files: {type(given).__name__} is neither a path nor a name with a content; give each "
            "as an argument of its own."
        )
    place = Path(given)
    if place.is_dir():
        for file in sorted(place.rglob("*")):
            hidden = any(part.startswith(".") for part in file.relative_to(place).parts)
            if file.is_file() and not hidden:
                yield Upload("files", file.name, file)
    elif place.is_file():
        yield Upload("files", place.name, place)
    else:
        raise ConfigurationError(f"files: {str(place)!r} is neither a file nor a folder.")


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read ({error.strerror}).") from error
