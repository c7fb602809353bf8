"""Whether a folder can be written."""

from __future__ import annotations

import tempfile
from pathlib import Path

from app.checks.check import CheckFailed
from ingestion.loaders.files import reason


def writable(folder: Path) -> str:
    """Write a file and remove it; in the nearest folder above, where this one is made when needed.

    Raises:
        CheckFailed: nothing can be written there.
    """
    folder = folder.expanduser().absolute()
    there = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise CheckFailed(f"{there}: cannot be written: {reason(error)}") from error
    return f"{folder}: writable" if there == folder else f"{folder}: is made when it is needed"
