"""Answers as the bytes that are kept, and back."""

from __future__ import annotations

import zlib
from typing import NamedTuple

from pydantic import BaseModel, ValidationError

from app.answering.answer import Answer
from app.cache.bounded import Bounded
from app.callers import Needs

# What the answers may take that a process has read last and need not take apart again, bytes; as
# objects, one takes up to this many times its JSON.
READ_BYTES, OBJECTS = 32_000_000, 4
# Level 1: the default packs 7 % smaller and takes three times as long.
LEVEL = 1


def packed(answer: Answer) -> bytes:
    """The answer as bytes."""
    stored = _Stored(answer=answer, needs=answer.also_needs, documents=answer.also_documents)
    return zlib.compress(stored.model_dump_json().encode(), LEVEL)


class Reading:
    """Reads answers, and remembers the last ones by their bytes. Safe between threads.

    Questions that are asked again are asked again soon, and checking an answer's JSON takes longer
    than fetching it.
    """

    def __init__(self) -> None:
        self._read: Bounded[bytes, _Read] = Bounded(READ_BYTES, lambda data, read: read.size)

    def of(self, data: bytes) -> Answer | None:
        """The answer, not to be written to; None for what another version of Plumbline wrote."""
        read = self._read.get(data)
        if read is not None:
            return read.answer
        try:
            text = zlib.decompress(data)
            whole = _Stored.model_validate_json(text)
        except (zlib.error, ValidationError):
            return None
        answer = whole.answer
        answer.shaped_by(whole.needs, whole.documents)
        self._read.put(data, _Read(answer, OBJECTS * len(text) + len(data)))
        return answer


class _Stored(BaseModel):
    """An answer, with what its own JSON leaves out: the conversation that shaped its question."""

    answer: Answer
    needs: Needs
    documents: list[str]


class _Read(NamedTuple):
    answer: Answer
    size: int
