"""The index seam: what a backend must do, and nothing that says which backend it is.

`IndexStore` holds named document sets. A `DocumentSet` is one of them, open for reading, fixed at
one index version. A `SetWriter` changes one; its writes are seen by readers after `commit`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from ingestion.documents import Chunk
from ingestion.embedding import ModelIdentity
from ingestion.errors import InvalidSetName, ModelMismatch
from ingestion.index.filters import Filter
from ingestion.settings import ChunkingSettings

SET_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")


Key: TypeAlias = int | str


class Hit(NamedTuple):
    """A chunk found by one search.

    Attributes:
        key: names the chunk within the open set that found it, and nowhere else.
        score: the search's own score; higher is better. Cosine similarity for dense, BM25 for lexical.
    """

    key: Key
    score: float


class Candidates(NamedTuple):
    """What dense and lexical search found for one question, taken together.

    Attributes:
        dense: nearest by cosine similarity, best first.
        lexical: best by BM25, best first.
        similarities: cosine similarity of every chunk in either list.
        best_match: the indexed text of the first lexical hit; empty where there is none.
    """

    dense: list[Hit]
    lexical: list[Hit]
    similarities: dict[Key, float]
    best_match: str


class SetInfo(BaseModel):
    """What is known of a document set at one index version.

    Attributes:
        name: the set's name.
        number: how many times it has been committed.
        digest: order-free digest of all chunk ids, the model and the chunking: equal content,
            equal digest, on any machine and backend.
        model: the embedding model its vectors come from.
        chunking: how its documents were cut.
        documents: how many documents it holds.
        chunks: how many chunks.
        average_length: mean words of a chunk as lexical search counts them (BM25's avgdl).
        committed_at: when, in UTC.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    number: int
    digest: str
    model: ModelIdentity
    chunking: ChunkingSettings
    documents: int
    chunks: int
    average_length: float = 0.0
    committed_at: datetime

    @property
    def version(self) -> str:
        """The index version's name, for example `3-9f2c81d04e`."""
        return f"{self.number}-{self.digest[:10]}"


class DocumentSet(Protocol):
    """One document set, open for reading at one index version."""

    @property
    def info(self) -> SetInfo:
        """What is known of it."""

    def dense(
        self, vector: NDArray[np.float32], limit: int, where: Filter | None = None
    ) -> list[Hit]:
        """The chunks nearest to a unit vector by cosine similarity, best first."""

    def lexical(self, question: str, limit: int, where: Filter | None = None) -> list[Hit]:
        """The chunks that match the question's words best by BM25, best first; none without a match."""

    def candidates(
        self, vector: NDArray[np.float32], question: str, depth: int, where: Filter | None = None
    ) -> Candidates:
        """Dense and lexical search side by side, `depth` hits of each."""

    def chunks(self, keys: Sequence[Key]) -> list[Chunk]:
        """The chunks behind keys, in the order named."""

    def count(self, where: Filter | None = None) -> int:
        """How many chunks there are, or how many pass a filter."""

    def documents(self) -> Mapping[str, str]:
        """Document id -> content hash, of every document in the set."""


class SetWriter(Protocol):
    """Changes one document set."""

    @property
    def before(self) -> SetInfo | None:
        """The set as last committed; None if it never was."""

    def documents(self) -> Mapping[str, str]:
        """Document id -> content hash of what the set holds whole as the writer finds it."""

    def delete_documents(self, ids: Iterable[str]) -> None:
        """Take all chunks of the named documents out."""

    def write(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        """Add chunks with their vectors, shape `(len(chunks), dimension)`."""

    def commit(self) -> SetInfo:
        """Make the set searchable as it now is, as the next index version."""


class IndexStore(Protocol):
    """Named document sets at one place."""

    def check(self) -> None:
        """Raise `IndexUnavailable` if the store cannot be reached."""

    def names(self) -> list[str]:
        """Names of the sets there are, sorted."""

    def open(self, name: str) -> DocumentSet:
        """Open a set at its last committed version, or raise `UnknownDocumentSet`."""

    def writer(self, name: str, model: ModelIdentity, chunking: ChunkingSettings) -> SetWriter:
        """Open a set for writing, made if it is not there; `ModelMismatch` for another model."""

    def drop(self, name: str) -> None:
        """Remove a set with all its versions, or raise `UnknownDocumentSet`."""

    def close(self) -> None:
        """Let go of the store; sets opened here can no longer be read."""


def check_name(name: str) -> str:
    """The name, if every backend can hold it; else raise `InvalidSetName`."""
    if not SET_NAME.match(name):
        raise InvalidSetName(
            f"{name!r} cannot name a document set: use 1 to 63 of a-z, 0-9, - and _, "
            "beginning with a letter or digit."
        )
    return name


def check_model(info: SetInfo, model: ModelIdentity) -> None:
    """Raise `ModelMismatch` unless the set's vectors are comparable with the model's."""
    different = info.model.differences(model)
    if different and info.model.content_hash == model.content_hash:
        raise ModelMismatch(
            f"document set {info.name!r} was indexed with the same model but other settings "
            f"({'; '.join(different)}). Set them as they were there, or index into another set."
        )
    if different:
        raise ModelMismatch(
            f"document set {info.name!r} was indexed with {info.model.name}, not {model.name} "
            f"({'; '.join(different)}). Set PLUMB_EMBEDDING_MODEL={info.model.name}, or index into "
            "another set."
        )


def digest(ids: Iterable[str], model: ModelIdentity, chunking: ChunkingSettings) -> str:
    """Order-free digest (32 hex digits) of chunk ids and of what else shapes the vectors."""
    import hashlib

    total = sum(int(id_, 16) for id_ in ids) % (1 << 128)
    rest = model.model_dump_json(exclude={"name"}) + chunking.model_dump_json()
    return hashlib.blake2b(f"{total:032x}{rest}".encode(), digest_size=16).hexdigest()
