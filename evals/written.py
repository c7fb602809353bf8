"""Write what an evaluation found: whole or not at all."""

from __future__ import annotations

from pathlib import Path

from evals.errors import EvalError
from prompts.whole_files import replace_whole


def write_text(file: Path, text: str) -> Path:
    """Write a file, and its folder where it is not there; returns the file.

    Raises:
        EvalError: it cannot be written.
    """
    try:
        if file.exists() and not file.is_file():
            # Such as /dev/stdout: there is nothing to put something else in the place of.
            file.write_text(text, encoding="utf-8")
            return file
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(file, text)
    except OSError as error:
        raise EvalError(f"{file}: cannot be written: {error.strerror or error}.") from error
    return file
