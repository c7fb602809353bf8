"""Recent questions of a scope, by vector: which of them asks the same in other words?"""

from __future__ import annotations

import struct
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.cache.same_question.comparison import difference
from app.cache.same_question.reading import may_be_of_one_kind
from app.cache.store import Append, Since

# Nearest questions that are compared word by word.
BEST = 8
# Scopes mirrored in this process; the others are read again when they are asked again.
MOST_SCOPES = 32
# What all scopes of a process may take, bytes, and a question beside its texts and vector.
MIRRORED_BYTES, NEAR_BYTES = 64_000_000, 400
_HEAD = struct.Struct("<HH")


class SimilarQuestion(NamedTuple):
    """A question that asks the same.

    Attributes:
        question: as it was asked then.
        answer_key: where its answer is kept.
    """

    question: str
    answer_key: str


@dataclass(slots=True)
class _Mirror:
    """A scope's questions in this process; row n of the matrix is of question n."""

    matrix: NDArray[np.float32]
    cursor: str = ""
    known: list[SimilarQuestion] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    next: int = 0
    texts: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def bytes(self) -> int:
        return self.matrix.nbytes + self.texts

    def keep_newer_half(self) -> None:
        """Forget the questions that were entered first."""
        order = [*range(self.next, len(self.known)), *range(self.next)]
        kept = order[len(order) - len(order) // 2 :]
        matrix = self.matrix[kept]
        self.matrix = np.pad(matrix, ((0, max(0, 64 - len(kept))), (0, 0)))
        self.known = [self.known[row] for row in kept]
        self.rows = {near.answer_key: row for row, near in enumerate(self.known)}
        self.next = len(kept)
        self.texts = sum(map(_size, self.known))


class SimilarQuestions:
    """Finds kept questions that ask the same. Safe between threads.

    The list itself is in the store; what is new in it since the last time is asked for at each lookup,
    so that a lookup moves no megabytes and yet sees what other processes have answered.

    Args:
        threshold: cosine similarity from which two questions are compared word by word.
        most: questions kept per scope.
        ttl_s: how long they are kept, seconds.
        bytes: what all of this may take in this process; beyond it, the scopes that were asked
            longest ago are forgotten, and of one that alone takes more, its older half.
    """

    def __init__(
        self,
        threshold: float,
        most: int,
        ttl_s: float,
        bytes: int = MIRRORED_BYTES,
    ) -> None:
        self._most_bytes = bytes
        self._threshold = threshold
        self._most = most
        self._ttl_s = ttl_s
        self._mirrors: OrderedDict[str, _Mirror] = OrderedDict()
        self._lock = threading.Lock()
        self.turned_away = 0

    def find(
        self, scope: str, vector: NDArray[np.float32], question: str
    ) -> Iterator[SimilarQuestion]:
        """Questions of the scope that ask the same as `question`, nearest first.

        As of what `catch_up` has taken in.

        Args:
            vector: the question's unit vector.
        """
        mirror = self._mirror(scope, len(vector))
        with mirror.lock:
            # Not `@`: BLAS shares this out among threads, and on a busy machine waits milliseconds
            # for one of them to get its turn.
            likeness = np.einsum("ij,j->i", mirror.matrix[: len(mirror.known)], vector)
            rows = np.flatnonzero(likeness >= self._threshold)
            rows = rows[np.argsort(-likeness[rows])][:BEST]
            found = [mirror.known[row] for row in rows]
        for near in found:
            if (
                may_be_of_one_kind(near.question, question)
                and difference(near.question, question) is None
            ):
                yield near
            else:
                self.turned_away += 1

    def since(self, scope: str, dimension: int) -> Since:
        """What to ask the store for, to give it to `catch_up`: what is new in a scope."""
        return Since(scope, self._mirror(scope, dimension).cursor)

    def catch_up(self, asked: Since, dimension: int, found: tuple[str, Sequence[bytes]]) -> None:
        """Take in what is new in a scope.

        Args:
            asked: what the store was asked for.
            found: what it gave: the cursor, and records. Some may be known by now.
        """
        mirror = self._mirror(asked.key, dimension)
        cursor, records = found
        with mirror.lock:
            if mirror.cursor == asked.cursor:
                mirror.cursor = cursor
            for record in records:
                self._enter(mirror, record)
                if mirror.bytes > self._most_bytes:
                    mirror.keep_newer_half()
        if records:
            self._make_room(mirror)

    @property
    def taken(self) -> int:
        """What the scopes in this process take, estimated."""
        with self._lock:
            return sum(mirror.bytes for mirror in self._mirrors.values())

    def adding(
        self, scope: str, vector: NDArray[np.float32], near: SimilarQuestion
    ) -> list[Append]:
        """What makes the store keep a question whose answer is kept."""
        text, key = near.question.encode(), near.answer_key.encode()
        if len(text) > 0xFFFF:
            return []
        record = _HEAD.pack(len(text), len(key)) + text + key + vector.astype(np.float16).tobytes()
        return [Append(scope, record, self._most, self._ttl_s)]

    def forget(self, scope: str, near: SimilarQuestion) -> None:
        """Compare with a question no more: its answer is gone."""
        with self._lock:
            mirror = self._mirrors.get(scope)
        if mirror is None:
            return
        with mirror.lock:
            row = mirror.rows.get(near.answer_key)
            if row is not None:
                mirror.matrix[row] = 0

    def _make_room(self, asked: _Mirror) -> None:
        with self._lock:
            taken = sum(mirror.bytes for mirror in self._mirrors.values())
            for scope, mirror in list(self._mirrors.items()):
                if taken <= self._most_bytes:
                    return
                if mirror is not asked:
                    del self._mirrors[scope]
                    taken -= mirror.bytes

    def _mirror(self, scope: str, dimension: int) -> _Mirror:
        with self._lock:
            mirror = self._mirrors.get(scope)
            if mirror is None:
                mirror = self._mirrors[scope] = _Mirror(np.zeros((64, dimension), np.float32))
                while len(self._mirrors) > MOST_SCOPES:
                    self._mirrors.popitem(last=False)
            self._mirrors.move_to_end(scope)
            return mirror

    def _enter(self, mirror: _Mirror, record: bytes) -> None:
        """In its old row if it has one, else in the next; when all are taken, in the oldest's."""
        text, key = _HEAD.unpack_from(record)
        split = _HEAD.size + text
        near = SimilarQuestion(
            record[_HEAD.size : split].decode(), record[split : split + key].decode()
        )
        vector = np.frombuffer(record, np.float16, offset=split + key)
        if len(vector) != mirror.matrix.shape[1]:
            return
        row = mirror.rows.get(near.answer_key)
        if row is None:
            row, mirror.next = mirror.next, (mirror.next + 1) % self._most
            if row < len(mirror.known):
                del mirror.rows[mirror.known[row].answer_key]
            else:
                mirror.known.append(near)
                mirror.texts += _size(near)
            mirror.rows[near.answer_key] = row
            if row >= len(mirror.matrix):
                more = min(len(mirror.matrix) * 2, self._most) - len(mirror.matrix)
                mirror.matrix = np.pad(mirror.matrix, ((0, more), (0, 0)))
        mirror.texts += _size(near) - _size(mirror.known[row])
        mirror.known[row] = near
        mirror.matrix[row] = vector


def _size(near: SimilarQuestion) -> int:
    """Bytes of a question that is compared with: its texts, of up to four bytes a letter, and objects."""
    return NEAR_BYTES + 4 * len(near.question) + len(near.answer_key)
