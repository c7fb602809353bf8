"""Document sets that look like another one, but for a fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ingestion.documents import Chunk
from ingestion.index.filters import Filter
from ingestion.index.protocol import Candidates, DocumentSet, Hit, Key, SetInfo


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
        """See DocumentSet."""
        return self.inner.info

    def dense(
        self, vector: NDArray[np.float32], limit: int, where: Filter | None = None
    ) -> list[Hit]:
        """See DocumentSet."""
        return self.candidates(vector, "", limit, where).dense

    def lexical(self, question: str, limit: int, where: Filter | None = None) -> list[Hit]:
        """See DocumentSet."""
        return self.inner.lexical(question, limit, where)

    def ranked(
        self, vector: NDArray[np.float32], question: str, where: Filter | None
    ) -> Candidates:
        """All chunks."""
        key = vector.tobytes(), question, repr(where)
        if key not in self._ranked:
            self._ranked[key] = self.inner.candidates(
                vector, question, max(1, self.info.chunks), where
            )
        return self._ranked[key]

    def candidates(
        self, vector: NDArray[np.float32], question: str, depth: int, where: Filter | None = None
    ) -> Candidates:
        """See DocumentSet."""
        return first(self.ranked(vector, question, where), depth)

    def chunks(self, keys: Sequence[Key]) -> list[Chunk]:
        """See DocumentSet."""
        missing = [key for key in keys if key not in self._chunks]
        if missing:
            self._chunks.update(zip(missing, self.inner.chunks(missing), strict=True))
        return [self._chunks[key] for key in keys]

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """See DocumentSet."""
        return self.inner.chunks_of(document_id)

    def chunks_of_all(self, document_ids: Sequence[str]) -> dict[str, list[Chunk]]:
        """See DocumentSet."""
        return self.inner.chunks_of_all(document_ids)

    def vectors_of(self, document_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """See DocumentSet."""
        return self.inner.vectors_of(document_ids)

    def count(self, where: Filter | None = None) -> int:
        """See DocumentSet."""
        return self.inner.count(where)

    def ids(self) -> list[str]:
        """See DocumentSet."""
        return self.inner.ids()

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
        """Of all chunks."""
        keys = self.keys()
        chunks = self.chunks(keys)
        by_text = self.vectors_of(sorted({chunk.document_id for chunk in chunks}))
        return {key: by_text[chunk.indexed_text] for key, chunk in zip(keys, chunks, strict=True)}


class Altered(WholeSet):
    """A set that shares what another one remembers."""

    def __init__(self, whole: WholeSet) -> None:
        super().__init__(whole)
        self.whole = whole

    def ranked(
        self, vector: NDArray[np.float32], question: str, where: Filter | None
    ) -> Candidates:
        """See WholeSet."""
        return self.whole.ranked(vector, question, where)

    def chunks(self, keys: Sequence[Key]) -> list[Chunk]:
        """See DocumentSet."""
        return self.whole.chunks(keys)


class Dropped(Altered):
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
        """See WholeSet."""
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


class OtherVectors(Altered):
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
        """See WholeSet."""
        every = self.whole.ranked(vector, question, where)
        allowed = {hit.key for hit in every.dense}
        cosines = dict(zip(self._keys, (self._matrix @ vector).tolist(), strict=True))
        similarities = {key: cosine for key, cosine in cosines.items() if key in allowed}
        nearest = sorted(similarities, key=lambda key: -similarities[key])
        dense = [Hit(key, similarities[key]) for key in nearest]
        return every._replace(dense=dense, similarities=similarities)


def first(every: Candidates, depth: int) -> Candidates:
    """The first so many of each list."""
    dense, lexical = every.dense[:depth], every.lexical[:depth]
    keys = {hit.key for hit in (*dense, *lexical)}
    similarities = {key: value for key, value in every.similarities.items() if key in keys}
    return Candidates(dense, lexical, similarities, every.best_match if lexical else "")
