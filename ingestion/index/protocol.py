"""The index seam: what a backend must do, and nothing that says which backend it is.

An `IndexStore` keeps index versions. A `DocumentSet` is one of them, open for reading; it never
changes. A `SetWriter` builds the next one where no reader looks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from ingestion.documents.document import Chunk
from ingestion.embedding.embedder import ModelIdentity
from ingestion.errors import InvalidSetName
from ingestion.index.filters import Filter
from ingestion.index.records import Records
from ingestion.languages.analysis import REVISION
from ingestion.settings import ChunkingSettings

# A text's key in a `VectorStore` is as long as SHA-256.
KEY_BYTES = 32
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
        best_match: the indexed text of the first lexical hit; empty if absent.
    """

    dense: list[Hit]
    lexical: list[Hit]
    similarities: dict[Key, float]
    best_match: str


class SetInfo(BaseModel):
    """One index version of a document set: immutable, complete, and all that is known of it.

    Attributes:
        name: the set's name.
        number: counts the set's versions from 1; a number is never used twice.
        digest: order-free digest of all chunk ids, the model and the chunking: equal content,
            equal digest, on any machine and backend.
        model: the embedding model its vectors come from.
        arithmetic: the least exact arithmetic that its vectors may come from, float32 or bfloat16;
            empty where that was not noted.
        chunking: how its documents were cut.
        extraction: revision of the loaders that read its documents.
        documents: how many documents it holds.
        chunks: how many chunks.
        average_length: mean words of a chunk as lexical search counts them (BM25's avgdl).
        analysis: revision of `ingestion.languages.analysis` that made its search terms; empty for
            versions whose texts were all analyzed as English ones.
        languages: codes of the languages its chunks are in, sorted; chunks of unknown language
            count as English.
        committed_at: when it was complete, in UTC.
        committed_by: who ran the sync that made it.
        base: number of the version it was made from; None for a full build.
        dropped: words that loaders left out of its documents on purpose, by reason, most first; None: it
            was not kept of some of them.
        place: where the backend keeps it.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    number: int
    digest: str
    model: ModelIdentity
    arithmetic: str = ""
    chunking: ChunkingSettings
    extraction: str = ""
    documents: int
    chunks: int
    average_length: float = 0.0
    analysis: str = ""
    languages: tuple[str, ...] = ()
    committed_at: datetime
    committed_by: str = ""
    base: int | None = None
    dropped: dict[str, int] | None = None
    place: str = ""

    @property
    def version(self) -> str:
        """The index version's name, for example `3-9f2c81d04e`."""
        return f"{self.number}-{self.digest[:10]}"


class DocumentSet(Protocol):
    """One index version of a document set, open for reading."""

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

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """All chunks of one document, in reading order; none if it is not there."""

    def chunks_of_all(self, document_ids: Sequence[str]) -> dict[str, list[Chunk]]:
        """The same for many documents at a time, by document; those not there are left out."""

    def vectors_of(self, document_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Indexed text -> vector, of all chunks of the named documents."""

    def count(self, where: Filter | None = None) -> int:
        """How many chunks there are, or how many pass a filter."""

    def ids(self) -> list[str]:
        """The ids of all chunks, in no order."""

    def texts(self) -> Iterator[str]:
        """The indexed texts of all chunks, in no order."""


class Built(NamedTuple):
    """What a writer made, counted from the index itself.

    Attributes:
        place: where the backend keeps it.
        chunk_ids: the ids of all its chunks, in no order.
        documents: how many documents it holds.
        average_length: see `SetInfo`.
        languages: see `SetInfo`.
    """

    place: str
    chunk_ids: list[str]
    documents: int
    average_length: float
    languages: tuple[str, ...] = ()


def described(
    built: Built, name: str, number: int, model: ModelIdentity, chunking: ChunkingSettings
) -> SetInfo:
    """The description of what a writer has built, as far as the index itself shows."""
    return SetInfo(
        name=name,
        number=number,
        digest=digest(built.chunk_ids, model, chunking),
        model=model,
        chunking=chunking,
        documents=built.documents,
        chunks=len(built.chunk_ids),
        average_length=built.average_length,
        analysis=REVISION,
        languages=built.languages,
        committed_at=datetime.now(UTC),
        place=built.place,
    )


class SetWriter(Protocol):
    """Builds one index version where no reader looks."""

    @property
    def place(self) -> str:
        """Names the unfinished version, for `IndexStore.resume`."""

    def delete_documents(self, ids: Iterable[str]) -> None:
        """Take all chunks of the named documents out."""

    def write(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        """Add chunks with their vectors, shape `(len(chunks), dimension)`."""

    def finish(self) -> Built:
        """Make what was written searchable. Nothing more may be written; may be called again."""


class VectorStore(Protocol):
    """Vectors of passages by their texts' hashes, so that no sync embeds a text again.

    A vector belongs to the set whose sync added it, and goes when that set no longer needs it;
    syncs of all sets find it. What is lost here costs time, and nothing else.
    """

    def find(self, model: str, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Vectors of some texts; those not there are left out.

        Args:
            model: what made the vectors, as it was named to `add`.
            keys: hashes of the texts, `KEY_BYTES` long.
        """

    def add(
        self,
        document_set: str,
        model: str,
        keys: Sequence[bytes],
        vectors: NDArray[np.float32],
        most_bytes: int,
    ) -> None:
        """Add vectors, shape `(len(keys), dimension)`; those used longest ago make room for them.

        Args:
            most_bytes: what all vectors of all sets may take together, about.
        """

    def keys(self, document_set: str) -> set[bytes]:
        """The hashes of the texts whose vectors belong to a set, whatever model made them."""

    def remove(self, document_set: str, keys: Collection[bytes]) -> None:
        """Take the vectors of some texts out of what belongs to a set, whatever model made them."""

    def close_files(self) -> None:
        """Close what lookups keep open for the next one; the next one opens it again."""


class IndexStore(Protocol):
    """Keeps index versions at one place, and the records that say what they are.

    Which version of a set is live, who is writing it and what it was made from is not the
    backend's business: `ingestion.versions` keeps that in `records`, the same way for each.
    """

    @property
    def records(self) -> Records:
        """Small texts by key, kept beside the index."""

    @property
    def vectors(self) -> VectorStore:
        """Vectors by text, kept beside the index for syncs; nothing that answers reads them."""

    def check(self) -> None:
        """Raise `IndexUnavailable` if the store cannot be reached."""

    def open(self, info: SetInfo) -> DocumentSet:
        """Open a version, or raise `UnknownVersion` if its place holds nothing."""

    def require(self, info: SetInfo) -> None:
        """Raise `UnknownVersion` if the place of a version holds nothing."""

    def stage(
        self,
        name: str,
        number: int,
        model: ModelIdentity,
        base: SetInfo | None,
        without: Sequence[str] = (),
        on_copied: Callable[[int], None] = lambda _: None,
    ) -> SetWriter:
        """Begin a version: empty, or as `base` is but `without` some of its documents.

        What an earlier attempt at the same number left is thrown away. Where a backend copies,
        `on_copied` is called with the number of chunks that each step has copied.
        """

    def resume(self, place: str, name: str, number: int, model: ModelIdentity) -> SetWriter | None:
        """Go on with an unfinished version; None if it is not there any more."""

    def places(self, name: str) -> list[str]:
        """Everything the backend keeps for a set, finished or not, for `remove`."""

    def remove(self, name: str, places: Iterable[str], kept: Iterable[SetInfo]) -> None:
        """Remove some of a set's places from the disk, none of which `kept` needs."""

    def leftovers(self, name: str, kept: Iterable[SetInfo]) -> list[str]:
        """What the disk still holds of a set beside the kept versions, each in a sentence."""

    def rewrite(self, info: SetInfo) -> str | None:
        """Copy a version to a new place that holds nothing of documents deleted before it.

        Returns the new place; None where the backend's versions hold nothing of the kind.
        """

    def close(self) -> None:
        """Close the store; sets opened here can no longer be read."""


def check_name(name: str) -> str:
    """The name, if every backend can hold it; else raise `InvalidSetName`."""
    if not SET_NAME.fullmatch(name):
        raise InvalidSetName(
            f"{name!r} cannot name a document set: use 1 to 63 of a-z, 0-9, - and _, "
            "beginning with a letter or digit."
        )
    return name


def text_key(text: str) -> bytes:
    """A text's key in a `VectorStore`."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def languages_of(found: Iterable[str | None]) -> tuple[str, ...]:
    """The languages of a version's chunks, as `SetInfo` keeps them."""
    return tuple(sorted({language or "en" for language in found}))


def digest(ids: Iterable[str], model: ModelIdentity, chunking: ChunkingSettings) -> str:
    """Order-free digest (32 hex digits) of chunk ids and of what else shapes the vectors."""
    total = sum(int(id_, 16) for id_ in ids) % (1 << 128)
    rest = (
        REVISION + model.model_dump_json(exclude={"name", "languages"}) + chunking.model_dump_json()
    )
    return hashlib.blake2b(f"{total:032x}{rest}".encode(), digest_size=16).hexdigest()
