"""Ingest a folder in a process of its own and print its peak resident memory in bytes."""

from __future__ import annotations

import resource
import sys

from ingestion.embedding.embedder import load_embedder
from ingestion.index.stores import open_store
from ingestion.settings import ChunkingSettings, EmbeddingSettings, IndexSettings
from ingestion.sync.start import sync_source, workbench


def main(corpus: str, index: str) -> None:
    store = open_store(IndexSettings(url=index))
    embedder = load_embedder(EmbeddingSettings())
    sync_source("bench", corpus, workbench(store, embedder, ChunkingSettings(max_tokens=64)))
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
