"""Faults to inject: document sets, retrievers and citations that look sound but for one fault."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from langchain_core.language_models import BaseChatModel
from numpy.typing import NDArray

from app.answering.answer import Answer, Citation, Passage
from app.answering.citations import cite
from app.answering.deadline import Deadline
from app.answering.retrieval import Retrieved, Retriever, Vector
from ingestion.documents.document import Chunk
from ingestion.index.filters import Filter
from ingestion.index.protocol import Candidates, DocumentSet, Hit, Key, SetInfo


def same_question(question: str) -> str:
    """The question as it is."""
    return question


def same_answer(answer: Answer) -> Answer:
    """The answer as it is."""
    return answer


@dataclass(frozen=True, slots=True)
class SystemParts:
    """The parts of a system; a fault gives back some that are broken.

    Attributes:
        documents: the index version that is searched.
        retriever: finds passages in it.
        model: writes the answer.
        passages: how many the prompt takes.
        ask: puts a question into other words.
        finish: what happens to a checked answer.
    """

    documents: DocumentSet
    retriever: Retriever
    model: BaseChatModel
    passages: int
    ask: Callable[[str], str] = same_question
    finish: Callable[[Answer], Answer] = same_answer


class WholeSet(DocumentSet):
    """A set that remembers, for each question, how all of its chunks rank; others are cut from it.

    Every chunk is ranked, so this is for sets of some thousand chunks.
    """

    def __init__(self, inner: DocumentSet) -> None:
        self.inner = inner
        self._ranked: dict[tuple[bytes, str, str], Candidates] = {}
        self._chunks: dict[Key, Chunk] = {}

    @property
    def info(self) -> SetInfo:
        return self.inner.info

    def dense(
        self, vector: NDArray[np.float32], limit: int, where: Filter | None = None
    ) -> list[Hit]:
        return self.candidates(vector, "", limit, where).dense

    def lexical(self, question: str, limit: int, where: Filter | None = None) -> list[Hit]:
        return self.inner.lexical(question, limit, where)

    def ranked(
        self, vector: NDArray[np.float32], question: str, where: Filter | None
    ) -> Candidates:
        key = vector.tobytes(), question, repr(where)
        if key not in self._ranked:
            self._ranked[key] = self.inner.candidates(
                vector, question, max(1, self.info.chunks), where
            )
        return self._ranked[key]

    def candidates(
        self, vector: NDArray[np.float32], question: str, depth: int, where: Filter | None = None
    ) -> Candidates:
        return top_candidates(self.ranked(vector, question, where), depth)

    def chunks(self, keys: Sequence[Key]) -> list[Chunk]:
        missing = [key for key in keys if key not in self._chunks]
        if missing:
            self._chunks.update(zip(missing, self.inner.chunks(missing), strict=True))
        return [self._chunks[key] for key in keys]

    def chunks_of(self, document_id: str) -> list[Chunk]:
        return self.inner.chunks_of(document_id)

    def chunks_of_all(self, document_ids: Sequence[str]) -> dict[str, list[Chunk]]:
        return self.inner.chunks_of_all(document_ids)

    def vectors_of(self, document_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        return self.inner.vectors_of(document_ids)

    def count(self, where: Filter | None = None) -> int:
        return self.inner.count(where)

    def ids(self) -> list[str]:
        return self.inner.ids()

    def texts(self) -> Iterator[str]:
        return self.inner.texts()

    def keys(self) -> list[Key]:
        """Of all chunks, by the chunks' ids."""
        anywhere = np.zeros(self.info.model.dimension, dtype=np.float32)
        anywhere[0] = 1.0
        found = [hit.key for hit in self.ranked(anywhere, "", None).dense]
        return [
            key
            for _, key in sorted((c.id, k) for c, k in zip(self.chunks(found), found, strict=True))
        ]

    def vectors(self) -> dict[Key, NDArray[np.float32]]:
        keys = self.keys()
        chunks = self.chunks(keys)
        by_text = self.vectors_of(sorted({chunk.document_id for chunk in chunks}))
        return {key: by_text[chunk.indexed_text] for key, chunk in zip(keys, chunks, strict=True)}


class AlteredSet(WholeSet):
    """A set that shares what another one remembers."""

    def __init__(self, whole: WholeSet) -> None:
        super().__init__(whole)
        self.whole = whole

    def ranked(
        self, vector: NDArray[np.float32], question: str, where: Filter | None
    ) -> Candidates:
        return self.whole.ranked(vector, question, where)

    def chunks(self, keys: Sequence[Key]) -> list[Chunk]:
        return self.whole.chunks(keys)


class DroppedChunks(AlteredSet):
    """Some chunks are not there.

    Args:
        whole: the set.
        gone: keys of these chunks.
    """

    def __init__(self, whole: WholeSet, gone: frozenset[Key]) -> None:
        super().__init__(whole)
        self._gone = gone

    def ranked(
        self, vector: NDArray[np.float32], question: str, where: Filter | None
    ) -> Candidates:
        every = self.whole.ranked(vector, question, where)
        lexical = [hit for hit in every.lexical if hit.key not in self._gone]
        best = every.best_match
        if lexical and lexical[0] != every.lexical[0]:
            best = self.chunks([lexical[0].key])[0].indexed_text
        return every._replace(
            dense=[hit for hit in every.dense if hit.key not in self._gone],
            lexical=lexical,
            best_match=best if lexical else "",
        )


class ReplacedVectors(AlteredSet):
    """Chunks have other vectors than their own.

    Args:
        whole: the set.
        vectors: of every chunk.
    """

    def __init__(self, whole: WholeSet, vectors: Mapping[Key, NDArray[np.float32]]) -> None:
        super().__init__(whole)
        self._keys = list(vectors)
        self._matrix = np.stack([vectors[key] for key in self._keys])

    def ranked(
        self, vector: NDArray[np.float32], question: str, where: Filter | None
    ) -> Candidates:
        every = self.whole.ranked(vector, question, where)
        allowed = {hit.key for hit in every.dense}
        cosines = dict(zip(self._keys, (self._matrix @ vector).tolist(), strict=True))
        similarities = {key: cosine for key, cosine in cosines.items() if key in allowed}
        nearest = sorted(similarities, key=lambda key: -similarities[key])
        dense = [Hit(key, similarities[key]) for key in nearest]
        return every._replace(dense=dense, similarities=similarities)


def top_candidates(every: Candidates, depth: int) -> Candidates:
    """The first so many of each list."""
    dense, lexical = every.dense[:depth], every.lexical[:depth]
    keys = {hit.key for hit in (*dense, *lexical)}
    similarities = {key: value for key, value in every.similarities.items() if key in keys}
    return Candidates(dense, lexical, similarities, every.best_match if lexical else "")


NUMBER = re.compile(r"\d+")


class ChangedPassages(Retriever):
    """Finds what another one finds, and changes each passage.

    Args:
        inner: what finds.
        change: the passage as it is then.
    """

    def __init__(self, inner: Retriever, change: Callable[[Passage], Passage]) -> None:
        self._inner = inner
        self._change = change

    def retrieve(
        self,
        question: str,
        document_set: DocumentSet,
        limit: int,
        where: Filter | None = None,
        deadline: Deadline | None = None,
        vector: Vector | None = None,
    ) -> Retrieved:
        found = self._inner.retrieve(question, document_set, limit, where, deadline, vector)
        passages = [self._change(passage) for passage in found.passages]
        return Retrieved(found.question, passages, found.timings_ms)


def truncated(passage: Passage, letters: int) -> Passage:
    """The first characters of a passage."""
    end = passage.start + min(len(passage.text), letters)
    return passage.model_copy(update={"text": passage.text[:letters], "end": end})


def with_changed_numbers(passage: Passage, documents: frozenset[str], seed: int) -> Passage:
    """A passage of one of the documents as another revision has it: all numbers differ."""
    if passage.document not in documents:
        return passage
    text = NUMBER.sub(lambda found: _other_number(found[0], seed), passage.text)
    return passage.model_copy(update={"text": text})


def _other_number(number: str, seed: int) -> str:
    """Another number of as many digits, always the same for the same, so that offsets stay right."""
    drawn = hashlib.sha256(f"{seed} {number}".encode()).digest()
    head = (int(number[0]) + drawn[0] % 8) % 9 + 1
    tail = ((int(digit) + drawn[1 + at % 30]) % 10 for at, digit in enumerate(number[1:]))
    return str(head) + "".join(map(str, tail))


class FixedPassages(Retriever):
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
        vector: Vector | None = None,
    ) -> Retrieved:
        return self._found


class MisplacedCitations:
    """Points some citations of an answer to another of its passages.

    Args:
        share: of the citations, 0 to 1.
        seed: of which ones.
    """

    def __init__(self, share: float, seed: int) -> None:
        self._share = share
        self._seed = seed

    def __call__(self, answer: Answer) -> Answer:
        """The answer with what it cites now."""
        moved = [self._moved(answer, citation) for citation in answer.citations]
        return answer.model_copy(update={"citations": moved})

    def _moved(self, answer: Answer, citation: Citation) -> Citation:
        others = [
            (marker, passage)
            for marker, passage in enumerate(answer.passages, start=1)
            if passage.chunk_id != citation.chunk_id
        ]
        drawn = hashlib.sha256(
            f"{self._seed} {citation.chunk_id} {citation.start}".encode()
        ).digest()
        if not others or int.from_bytes(drawn[:4]) / 2**32 >= self._share:
            return citation
        marker, passage = others[drawn[4] % len(others)]
        return cite(marker, passage, 0, len(passage.text), quoted=False)
