"""The file that a batch's answers go to: what is in it already, and one more line at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from app.errors import BatchError
from app.store.private_files import keep_private


class AnswersFile:
    """A file of JSON lines, each with an `id`, that grows.

    Attributes:
        done: id -> question of the lines that are there.
    """

    def __init__(self, path: Path, stream: BinaryIO, done: dict[str, str]) -> None:
        self._path = path
        self._stream = stream
        self.done = done

    def append(self, row: Mapping[str, Any]) -> None:
        """Add a line; it is with the operating system when this returns.

        Raises:
            BatchError: it cannot be written.
        """
        try:
            self._stream.write(
                json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
            )
            self._stream.flush()
        except OSError as error:
            raise _unwritable(self._path, error) from error
        self.done[row["id"]] = row["question"]


@contextmanager
def open_answers(path: Path, again: bool = False) -> Iterator[AnswersFile]:
    """Open a file of answers to go on with it; nobody else may meanwhile.

    A last line that a killed run wrote half of is taken out.

    Args:
        path: the file; made where it is not there.
        again: take out the lines with an error, so that their questions are asked again.

    Raises:
        BatchError: it cannot be written, another batch is at it, or a line of it is no answer.
    """
    with ExitStack() as held:
        try:
            held.enter_context(FileLock(path.with_name(f".{path.name}.lock"), timeout=0))
            keep_private(path)
            _repair(path)
            done = _done(path)
            if again:
                _take_out_errors(path)
                done = _done(path)
            stream = held.enter_context(path.open("ab"))
        except Timeout as error:
            raise BatchError(
                f"{path}: another batch is writing there; wait, or name another file."
            ) from error
        except OSError as error:
            raise _unwritable(path, error) from error
        yield AnswersFile(path, stream, done)


def _repair(path: Path) -> None:
    with path.open("r+b") as stream:
        end = _end_of_last_line(stream)
        stream.seek(end)
        tail = stream.read()
        if not tail:
            return
        try:
            json.loads(tail)
        except ValueError:
            stream.truncate(end)
        else:
            stream.write(b"\n")


def _end_of_last_line(stream: BinaryIO) -> int:
    """Where the last line that ends in a newline ends."""
    end = stream.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - 65_536)
        stream.seek(start)
        found = stream.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _take_out_errors(path: Path) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    keep_private(beside)
    with path.open("rb") as old, beside.open("wb") as new:
        new.writelines(line for line in old if "error" not in json.loads(line))
    beside.replace(path)


def _done(path: Path) -> dict[str, str]:
    done: dict[str, str] = {}
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                row = json.loads(line)
                done[row["id"]] = row["question"]
            except (ValueError, KeyError, TypeError) as error:
                raise BatchError(
                    f"{path}: line {number} is not an answer of a batch; name another file."
                ) from error
    return done


def _unwritable(path: Path, error: OSError) -> BatchError:
    return BatchError(f"{path}: {error.strerror or error}; the answers cannot be written there.")
