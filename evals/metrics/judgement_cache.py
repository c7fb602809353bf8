"""Judgements on disk, by all that shaped them: asking again costs nothing and says the same."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

from app.store.private_files import keep_private
from evals.errors import JudgeError

TABLE = """CREATE TABLE IF NOT EXISTS judgements (
    key TEXT PRIMARY KEY, model TEXT NOT NULL, judgement TEXT NOT NULL, at TEXT NOT NULL)"""


class JudgementCache:
    """A SQLite file in `folder`; threads and processes may share it, and a kill leaves it whole.

    Raises (from every method):
        JudgeError: the file cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "judgements.sqlite"
        self._lock = threading.Lock()
        try:
            keep_private(self._file)
            self._database = sqlite3.connect(self._file, timeout=30, check_same_thread=False)
            with self._database:
                self._database.execute("PRAGMA journal_mode=WAL")
                self._database.execute(TABLE)
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error

    def get(self, key: str) -> str | None:
        """The judgement kept under a key: JSON."""
        try:
            with self._lock:
                rows = self._database.execute(
                    "SELECT judgement FROM judgements WHERE key = ?", (key,)
                )
                found: tuple[str] | None = rows.fetchone()
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        return found[0] if found else None

    def put(self, key: str, model: str, judgement: str) -> None:
        """Keep a judgement; the first one under a key stays."""
        row = (key, model, judgement, datetime.now(UTC).isoformat(timespec="seconds"))
        try:
            with self._lock, self._database:
                self._database.execute("INSERT OR IGNORE INTO judgements VALUES (?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _unusable(self, error: Exception) -> JudgeError:
        return JudgeError(
            f"{self._file}: judgements cannot be kept there: {error}. Set evals.folder to a folder "
            "that can be written, or move the file away."
        )
