"""Made-up chunks with vectors, and what a version of them answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingestion.documents.document import Chunk
from ingestion.embedding.embedder import ModelIdentity
from ingestion.index.protocol import DocumentSet, SetInfo, SetWriter, described
from ingestion.settings import ChunkingSettings

DIMENSION = 16
MODEL = ModelIdentity(
    name="a model",
    content_hash="abc",
    dimension=DIMENSION,
    normalized=True,
    query_prefix="",
    passage_prefix="",
    max_tokens=256,
)
CHUNKING = ChunkingSettings()
VOCABULARY = (
    "pump valve pressure river bridge storm winter harvest engine cargo harbour signal lantern "
    "meadow copper furnace glacier compass anchor turbine"
).split()


def make_chunks(count: int = 120, seed: int = 7) -> tuple[list[Chunk], NDArray[np.float32]]:
    """Chunks of random words, four to a document, with unit vectors."""
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, len(VOCABULARY) + 1)
    chunks = []
    for number in range(count):
        words = rng.choice(VOCABULARY, rng.integers(5, 60), p=weights / weights.sum())
        text = " ".join(words)
        document = number // 4
        chunks.append(
            Chunk(
                document_id=f"folder/doc {document}.md",
                title=f"Document {document}",
                heading_path=("Top", f"Part {number % 4}"),
                page=[None, number % 4 + 1, "Sheet ü"][document % 3],
                start=number * 10,
                end=number * 10 + len(text),
                text=text,
                context=f"Document {document}",
                ordinal=number % 4,
                metadata={
                    "year": 2000 + document,
                    "ratio": document / 7,
                    "draft": document % 2 == 0,
                    "team": 'a "quoted" team' if document % 5 == 0 else "it's ops",
                    "tags": ["red", "blue"] if document % 3 == 0 else ["green"],
                    "date": f"2026-01-{document % 28 + 1:02d}",
                    'odd key\'s "name"': "x",
                },
                media_type="text/markdown" if document % 2 else "text/html",
                source=f"/somewhere/doc {document}.md",
                document_hash=f"hash-{document}",
            )
        )
    vectors = rng.normal(size=(count, DIMENSION)).astype(np.float32)
    return chunks, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def finished(writer: SetWriter, number: int) -> SetInfo:
    """The description of what a writer has built, for the set `things`."""
    return described(writer.finish(), "things", number, MODEL, CHUNKING)


def unit(seed: int) -> NDArray[np.float32]:
    """A random unit vector."""
    vector = np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


def answers(opened: DocumentSet) -> list[object]:
    """What a version answers to some questions, scores and all."""
    found: list[object] = [sorted(opened.ids()), opened.count()]
    for question in ("glacier anchor", "pump", "storm harbour"):
        for hits in (opened.dense(unit(len(question)), 9), opened.lexical(question, 9)):
            chunks = opened.chunks([hit.key for hit in hits])
            found.append(
                [(chunk.id, round(hit.score, 5)) for chunk, hit in zip(chunks, hits, strict=True)]
            )
    return found
