"""Errors of a LanceDB folder as messages that say what to do about them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingestion.errors import IndexUnavailable

logger = logging.getLogger(__name__)
# Names of columns, and the query: nobody can mend anything by them, so they are for the log.
SAYS_HOW_IT_IS_MADE = re.compile(
    r"schema error|valid fields|no field named|sql|invalid user input", re.I
)


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
        if SAYS_HOW_IT_IS_MADE.search(text):
            logger.error("%s: the index cannot be %s: %s", folder, done, text)
            text = "it is not made as this version makes it, or was asked for what it cannot hold"
        raise IndexUnavailable(f"{folder}: the index cannot be {done}: {text[:300]}") from error
