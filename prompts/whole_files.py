"""Write a file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from prompts.errors import PromptError


def write_whole(file: Path, text: str) -> None:
    """Put `text` in the file's place in one step: who reads it sees the old or the new one.

    Raises:
        PromptError: it cannot be written.
    """
    try:
        replace_whole(file, text)
    except OSError as error:
        raise PromptError(
            f"{file}: cannot be written: {error.strerror}. A folder that is read-only, as in an "
            "image, keeps its aliases elsewhere: set prompt.aliases (PLUMB_PROMPT_ALIASES)."
        ) from error


def replace_whole(file: Path, text: str, mode: int = 0o666) -> None:
    """The same for files that are no prompts'.

    Args:
        mode: of the new file, before the umask.

    Raises:
        OSError: it cannot be written.
    """
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        part.unlink(missing_ok=True)
        opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(opened, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    except OSError:
        part.unlink(missing_ok=True)
        raise
