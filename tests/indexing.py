"""A workbench for tests that need an index of a few documents, not parsers in processes of their own."""

from __future__ import annotations

from dataclasses import replace

from ingestion.embedding.embedder import Embedder
from ingestion.index.protocol import IndexStore
from ingestion.settings import LoadingSettings
from ingestion.sync.start import Bench, workbench


def workbench_here(store: IndexStore, embedder: Embedder) -> Bench:
    """A workbench that parses in this process: to start parsers is most of what a small sync takes."""
    return replace(workbench(store, embedder), loading=LoadingSettings(workers=0))
