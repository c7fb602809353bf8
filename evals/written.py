"""Write what an evaluation found: whole or not at all."""

from __future__ import annotations

from pathlib import Path

from app.private_files import FILE, make_private_folder
from evals.errors import EvalError
from prompts.whole_files import replace_whole


def write_text(file: Path, text: str, *, private: bool = False) -> Path:
    """Write a file, and its folder where it is not there; returns the file.

    Args:
        private: whether questions, answers or passages stand in it: then it is its owner's alone.

    Raises:
        EvalError: it cannot be written.
    """
    try:
        if file.exists() and not file.is_file():
            # Such as /dev/stdout: there is nothing to put something else in the place of.
            file.write_text(text, encoding="utf-8")
            return file
        if private:
            make_private_folder(file.parent)
            replace_whole(file, text, FILE)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            replace_whole(file, text)
    except OSError as error:
        raise EvalError(f"{file}: cannot be written: {error.strerror or error}.") from error
    return file
