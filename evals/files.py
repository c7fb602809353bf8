"""Write files whole or not at all: results, and lines appended under a lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from app.store.private_files import FILE, make_private_folder
from evals.errors import DatasetError, EvalError
from prompts.whole_files import replace_whole, write_beside


def write_text(file: Path, text: str, *, private: bool = False) -> Path:
    """Write a file, and its folder if it does not exist; returns the file.

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


WAIT_S = 30.0


@contextmanager
def locked(file: Path, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold a file against other processes that append to it by way of this module.

    Raises:
        DatasetError: another one holds it, or its folder cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(file.with_name(f".{file.name}.lock"), timeout=wait_s)
        with lock:
            yield
    except Timeout as error:
        raise DatasetError(
            f"{file}: another process has been writing it for {wait_s:g} s; try again when it is done."
        ) from error
    except OSError as error:
        raise DatasetError(f"{file}: cannot be written: {error.strerror or error}.") from error


def append_lines(file: Path, lines: Sequence[str]) -> None:
    """Append lines; what was there before stays as it is, and a kill leaves the file as it was.

    Hold the file with `locked`.

    Raises:
        OSError: it cannot be written.
    """
    if not lines:
        return
    real = file.resolve()
    before = real.read_bytes() if real.exists() else b""
    if before and not before.endswith(b"\n"):
        before += b"\n"
    added = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
    part = write_beside(real, before + added, 0o666)
    try:
        if real.exists():
            part.chmod(real.stat().st_mode & 0o777)
        part.replace(real)
    finally:
        part.unlink(missing_ok=True)
