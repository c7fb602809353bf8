"""A document set made of chunks and vectors at hand, without any source."""

from __future__ import annotations

from collections.abc import Sequence

from ingestion.documents import Chunk
from ingestion.embedding import ModelIdentity
from ingestion.encoder import Vectors
from ingestion.index.protocol import IndexStore, SetInfo, described
from ingestion.settings import ChunkingSettings
from ingestion.versions import unfinished
from ingestion.versions.catalogue import Catalogue, version_key


def make_set(
    store: IndexStore, name: str, model: ModelIdentity, chunks: Sequence[Chunk], vectors: Vectors
) -> SetInfo:
    """Write, describe and publish one version that holds just these chunks."""
    number = unfinished.next_number(store.records, name)
    writer = store.stage(name, number, model, None)
    writer.write(chunks, vectors)
    info = described(writer.finish(), name, number, model, ChunkingSettings())
    store.records.create(version_key(name, number), info.model_dump_json())
    Catalogue(store).publish(info)
    return info
