"""Write a command's files."""

from __future__ import annotations

from pathlib import Path

from evals.errors import EvalError


def write_text(file: Path, text: str) -> Path:
    """Write a file, and its folder where it is not there; returns the file.

    Raises:
        EvalError: it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EvalError(f"{file}: cannot be written: {error.strerror or error}.") from error
    return file
