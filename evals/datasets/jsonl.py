"""The lines of a dataset's files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.errors import DatasetError


def numbered_lines(file: Path) -> Iterator[tuple[int, str]]:
    """Lines that hold something, each with its number from 1.

    Raises:
        DatasetError: the file cannot be read as text.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DatasetError(
            f"{file}: {error.strerror or error}; name a dataset that is there."
        ) from error
    except UnicodeDecodeError as error:
        at = error.object[: error.start].count(b"\n") + 1
        raise DatasetError(f"{file}:{at}: is not UTF-8 text; save the file as UTF-8.") from error
    # Not splitlines(): a string in JSON may hold U+2028 and the like.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r")


def parsed_object(line: str) -> dict[str, Any]:
    """The JSON object on a line.

    Raises:
        ValueError: there is none; says why.
    """
    try:
        given = json.loads(line)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"is not valid JSON ({error.msg} at column {error.colno})") from error
    except ValueError as error:  # an integer of too many digits
        raise ValueError(f"cannot be parsed ({error})") from error
    if not isinstance(given, dict):
        raise ValueError(f"is a JSON {type(given).__name__}, not an object")
    return given
