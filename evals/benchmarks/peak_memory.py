"""Ingest a folder in a process of its own and print its peak resident memory in bytes."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from ingestion import pipeline
from ingestion.embedding import load_embedder
from ingestion.index.stores import open_store
from ingestion.settings import ChunkingSettings, EmbeddingSettings, IndexSettings, LoadingSettings


def main(corpus: str, index: str) -> None:
    """Ingest and print."""
    pipeline.ingest(
        Path(corpus),
        "bench",
        store=open_store(IndexSettings(url=index)),
        embedder=load_embedder(EmbeddingSettings()),
        chunking=ChunkingSettings(max_tokens=64),
        loading=LoadingSettings(),
    )
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
