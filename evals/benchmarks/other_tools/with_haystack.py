"""Haystack: a pipeline of converter, splitter, sentence-transformers embedder and writer."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from haystack import Pipeline
from haystack.components.converters import TextFileToDocument
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.writers import DocumentWriter
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
)

# It counts in words; so many tokens of the model make a word of the articles.
TOKENS_PER_WORD = 1.55
OVERLAP = 13


def main(corpus: str, index: str, model: str, tokens: str) -> None:
    words = int(int(tokens) / TOKENS_PER_WORD)
    store = InMemoryDocumentStore()
    pipeline = Pipeline()
    pipeline.add_component("converter", TextFileToDocument())
    pipeline.add_component(
        "splitter", DocumentSplitter(split_by="word", split_length=words, split_overlap=OVERLAP)
    )
    pipeline.add_component(
        "embedder", SentenceTransformersDocumentEmbedder(model=model, progress_bar=False)
    )
    pipeline.add_component("writer", DocumentWriter(store))
    pipeline.connect("converter", "splitter")
    pipeline.connect("splitter", "embedder")
    pipeline.connect("embedder", "writer")
    pipeline.run({"converter": {"sources": sorted(Path(corpus).glob("*.txt"))}})
    Path(index).mkdir(parents=True)
    store.save_to_disk(str(Path(index) / "store.json"))
    used = (
        f"TextFileToDocument, DocumentSplitter ({words} words, {OVERLAP} overlap: it counts no tokens of "
        "the model), SentenceTransformersDocumentEmbedder (batches of 32, the default), "
        "InMemoryDocumentStore saved to disk (its default store)"
    )
    print(json.dumps({"chunks": store.count_documents(), "used": used}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
