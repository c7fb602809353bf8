"""Answers as the bytes that are kept, and back."""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict

from pydantic import ValidationError

from app.answering.answer import Answer

# Answers that a process has read last and need not take apart again.
MOST_READ = 256
# Level 1: the default packs 7 % smaller and takes three times as long.
LEVEL = 1


def packed(answer: Answer) -> bytes:
    """The answer as bytes."""
    return zlib.compress(answer.model_dump_json().encode(), LEVEL)


class Reading:
    """Reads answers, and remembers the last ones by their bytes. Safe between threads.

    Questions that are asked again are asked again soon, and checking an answer's JSON takes longer
    than fetching it.
    """

    def __init__(self) -> None:
        self._read: OrderedDict[bytes, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, kept: bytes) -> Answer | None:
        """The answer, not to be written to; None for what another version of Plumbline wrote."""
        with self._lock:
            answer = self._read.get(kept)
            if answer is not None:
                self._read.move_to_end(kept)
                return answer
        try:
            answer = Answer.model_validate_json(zlib.decompress(kept))
        except (zlib.error, ValidationError):
            return None
        with self._lock:
            self._read[kept] = answer
            while len(self._read) > MOST_READ:
                self._read.popitem(last=False)
        return answer
