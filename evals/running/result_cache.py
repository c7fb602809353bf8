"""Results cached by content: answers, a chat model's replies, scores.

A SQLite file with a write-ahead log: what a call to `put` has written is there after the process
was killed, and several processes may read and write at once.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from app.answering.answer import Answer
from app.store.private_files import keep_private
from evals.errors import EvalError


class CachedAnswer(BaseModel):
    """An answer, and what it took.

    Attributes:
        answer: with its passages.
        standalone_question: what a follow-up was condensed to; None for any other question.
        cost: what its calls cost when they were made; None if unknown.
    """

    answer: Answer
    standalone_question: str | None = None
    cost: float | None = None


Kind = Literal["answer", "reply", "labels", "score", "metric", "judge"]
NAME = "kept.sqlite"
# Another process may be writing; it never does so for long.
BUSY_TIMEOUT_S = 60.0


class ResultCache:
    """Texts by kind and fingerprint. Safe to share between threads and processes.

    Args:
        folder: where the file is; made if it does not exist.

    Raises:
        EvalError: it cannot be opened.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / NAME
        self._lock = threading.Lock()
        with self._translate_errors():
            keep_private(self._file)
            self._connection = sqlite3.connect(
                self._file, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode=WAL")
            # A killed process loses nothing; a machine that goes down may lose the last moments.
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS kept "
                "(kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, "
                "PRIMARY KEY (kind, key))"
            )

    def get(self, kind: Kind, key: str) -> str | None:
        """What is kept under a fingerprint."""
        with self._lock, self._translate_errors():
            row = self._connection.execute(
                "SELECT value FROM kept WHERE kind = ? AND key = ?", (kind, key)
            ).fetchone()
        return None if row is None else str(row[0])

    def put(self, kind: Kind, key: str, value: str) -> str:
        """Keep a text; returns what is kept: another's, if that was there before."""
        with self._lock, self._translate_errors():
            self._connection.execute(
                "INSERT OR IGNORE INTO kept (kind, key, value) VALUES (?, ?, ?)", (kind, key, value)
            )
            row = self._connection.execute(
                "SELECT value FROM kept WHERE kind = ? AND key = ?", (kind, key)
            ).fetchone()
        return str(row[0])

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise EvalError(
                f"{self._file}: cannot be used ({error}). Set PLUMB_EVALS_FOLDER to a folder that can "
                "be written, or remove the file: what is kept in it is then worked out again."
            ) from error
