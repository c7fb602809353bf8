"""Retrievers whose passages are not what they should be."""

from __future__ import annotations

import hashlib
import re

from app.answering.deadline import Deadline
from app.answering.retrieval import Retrieved, Retriever
from ingestion.index.filters import Filter
from ingestion.index.protocol import DocumentSet

NUMBER = re.compile(r"\d+")


class CutShort(Retriever):
    """Finds what another one finds, and gives the first letters of each passage.

    Args:
        inner: what finds.
        letters: how many characters are left of each passage.
    """

    def __init__(self, inner: Retriever, letters: int) -> None:
        self._inner = inner
        self._letters = letters

    def retrieve(
        self,
        question: str,
        document_set: DocumentSet,
        limit: int,
        where: Filter | None = None,
        deadline: Deadline | None = None,
    ) -> Retrieved:
        """See Retriever."""
        found = self._inner.retrieve(question, document_set, limit, where, deadline)
        passages = [
            passage.model_copy(
                update={
                    "text": passage.text[: self._letters],
                    "end": passage.start + min(len(passage.text), self._letters),
                }
            )
            for passage in found.passages
        ]
        return Retrieved(found.question, passages, found.timings_ms)


class OtherRevision(Retriever):
    """Finds what another one finds, but some documents are of another revision: all numbers differ.

    Args:
        inner: what finds.
        documents: ids of these documents.
        seed: of the other numbers.
    """

    def __init__(self, inner: Retriever, documents: frozenset[str], seed: int) -> None:
        self._inner = inner
        self._documents = documents
        self._seed = seed

    def retrieve(
        self,
        question: str,
        document_set: DocumentSet,
        limit: int,
        where: Filter | None = None,
        deadline: Deadline | None = None,
    ) -> Retrieved:
        """See Retriever."""
        found = self._inner.retrieve(question, document_set, limit, where, deadline)
        passages = [
            passage.model_copy(update={"text": NUMBER.sub(self._other, passage.text)})
            if passage.document in self._documents
            else passage
            for passage in found.passages
        ]
        return Retrieved(found.question, passages, found.timings_ms)

    def _other(self, found: re.Match[str]) -> str:
        """Another number of as many digits, always the same for the same, so that offsets stay right."""
        number = found[0]
        drawn = hashlib.sha256(f"{self._seed} {number}".encode()).digest()
        head = (int(number[0]) - 1 + 1 + drawn[0] % 8) % 9 + 1
        tail = ((int(digit) + drawn[1 + at % 30]) % 10 for at, digit in enumerate(number[1:]))
        return str(head) + "".join(map(str, tail))


class Known(Retriever):
    """Gives what was found already.

    Args:
        found: these passages.
    """

    def __init__(self, found: Retrieved) -> None:
        self._found = found

    def retrieve(
        self,
        question: str,
        document_set: DocumentSet,
        limit: int,
        where: Filter | None = None,
        deadline: Deadline | None = None,
    ) -> Retrieved:
        """See Retriever."""
        return self._found
