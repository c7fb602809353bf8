"""Find the files to ingest and give each a stable, printable name."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import SourceError

# Left behind by an open Office program beside the document itself: "~$report.docx".
OFFICE_LOCK_PREFIX = "~$"

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LOOKS_ESCAPED = re.compile(r"%(?=[0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to load.

    Attributes:
        path: where it is.
        document_id: its path below the ingested folder (POSIX separators), printable.
    """

    path: Path
    document_id: str


def find_files(path: Path) -> Iterator[FoundFile]:
    """The file at `path`, or all files below the folder at `path`, sorted by name.

    Hidden files, Office lock files and anything that is not a regular file are left out. A
    folder is entered once, however many links lead to it. The listing is complete before this
    returns, so a folder that cannot be read stops a run before its documents look deleted.

    Raises:
        SourceError: nothing is there, nothing is in it, or it cannot be listed.
    """
    shown = printable(os.fspath(path))
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise SourceError(f"{shown}: {reason(error)}; check the path") from error
    except ValueError as error:  # a NUL in the path
        raise SourceError(f"{shown}: not a path; check it") from error
    if stat.S_ISREG(mode):
        return iter([FoundFile(path, printable(path.name))])
    if not stat.S_ISDIR(mode):
        raise SourceError(f"{shown}: neither a file nor a folder; give one of these")
    try:
        found = [
            FoundFile(file, printable(file.relative_to(path).as_posix()))
            for file in (path / below for below in walk(path))
        ]
    except OSError as error:
        where = printable(os.fspath(error.filename or path))
        raise SourceError(f"{where}: {reason(error)}; make the folder readable") from error
    if not found:
        raise SourceError(f"{shown}: holds no files to ingest (hidden files are left out)")
    return iter(found)


def printable(name: str) -> str:
    """`name` as one line of valid Unicode, reversibly: odd bytes become `%XX`.

    Undecodable bytes (surrogate escapes) and control characters are percent-encoded; a percent
    sign is encoded only where it would otherwise read as such a code, so that two names never
    become one and ordinary names stay as they are.
    """
    escaped = _LOOKS_ESCAPED.sub("%25", name)
    return _UNPRINTABLE.sub(lambda match: _percent(match[0]), escaped)


def reason(error: OSError) -> str:
    """Why the system refused, in its own words: 'No such file or directory'."""
    return error.strerror or str(error) or type(error).__name__


def _percent(character: str) -> str:
    encoded = character.encode(
        "utf-8", "surrogateescape" if "\udc80" <= character <= "\udcff" else "surrogatepass"
    )
    return "".join(f"%{byte:02X}" for byte in encoded)


def walk(
    folder: Path,
    enters: Callable[[str], bool] = lambda below: True,
    takes: Callable[[str], bool] = lambda below: True,
) -> Iterator[str]:
    """Paths below a folder of its regular files, sorted by name; see `find_files`.

    Args:
        enters: whether a folder below is looked into.
        takes: whether a file is wanted.

    Raises:
        OSError, ValueError: a folder cannot be listed.
    """
    entered: set[tuple[int, int]] = set()

    def below(folder: Path, above: str) -> Iterator[str]:
        identity = folder.stat()
        if (identity.st_dev, identity.st_ino) in entered:
            return
        entered.add((identity.st_dev, identity.st_ino))
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        for entry in entries:
            if entry.name.startswith((".", OFFICE_LOCK_PREFIX)):
                continue
            path = f"{above}{entry.name}"
            try:
                is_folder, is_file = entry.is_dir(), entry.is_file()
            except OSError:  # a link to itself: nothing to read behind it
                continue
            if is_folder and enters(path):
                yield from below(folder / entry.name, f"{path}/")
            elif is_file and takes(path):
                yield path

    return below(folder, "")
