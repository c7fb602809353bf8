"""What goes wrong in a LanceDB folder, told as what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingestion.errors import IndexUnavailable


@contextmanager
def reported(folder: Path, done: str) -> Iterator[None]:
    """LanceDB raises plain RuntimeError, OSError or ValueError for whatever the disk does."""
    try:
        yield
    except (RuntimeError, OSError, ValueError) as error:
        text = " ".join(str(error).split())
        if re.search(r"no space left|os error 28", text, re.IGNORECASE):
            raise IndexUnavailable(
                f"{folder}: the disk is full; free some space and run the same command again "
                "(what was published before stays as it was)."
            ) from error
        raise IndexUnavailable(f"{folder}: the index cannot be {done}: {text[:300]}") from error
