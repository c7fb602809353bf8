"""Write a file whole or not at all."""

from __future__ import annotations

import io
import os
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO

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
    part = write_beside(file, text.encode(), mode)
    try:
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def write_beside(file: Path, content: bytes | BinaryIO, mode: int) -> Path:
    """Write what shall become a file to a hidden file of its own beside it, down to the disk; its path.

    Raises:
        OSError: it cannot be written; nothing is left then.
    """
    part = file.with_name(f".{secrets.token_hex(8)}.part")
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(opened, "wb") as stream:
            shutil.copyfileobj(
                io.BytesIO(content) if isinstance(content, bytes) else content, stream
            )
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        part.unlink()
        raise
    return part
