"""Append lines to a file whole or not at all, one process at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from evals.errors import DatasetError

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
    part = real.with_name(f".{real.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as output:
            output.write(before + added)
            output.flush()
            os.fsync(output.fileno())
        if real.exists():
            part.chmod(real.stat().st_mode & 0o777)
        part.replace(real)
    finally:
        part.unlink(missing_ok=True)
