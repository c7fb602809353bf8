"""LlamaIndex: `SimpleDirectoryReader`, `SentenceSplitter`, `HuggingFaceEmbedding`, LanceDB."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
from llama_index.core.node_parser import SentenceSplitter
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.lancedb import LanceDBVectorStore
from tokenizers import Tokenizer

OVERLAP = 20
# The default of 10 is slower; users who know the tool raise it to sentence-transformers' own.
BATCH = 32


def main(corpus: str, index: str, model: str, tokens: str) -> None:
    tokenizer = Tokenizer.from_file(str(Path(model) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    splitter = SentenceSplitter(
        chunk_size=int(tokens),
        chunk_overlap=OVERLAP,
        tokenizer=lambda text: tokenizer.encode(text, add_special_tokens=False).ids,
        # The path in front of the text would take a chunk's room; its size is the text's alone.
        include_metadata=False,
    )
    documents = SimpleDirectoryReader(corpus).load_data()
    for document in documents:
        document.excluded_embed_metadata_keys = list(document.metadata)
    nodes = splitter.get_nodes_from_documents(documents)
    embedding = HuggingFaceEmbedding(model_name=model, embed_batch_size=BATCH)
    storage = StorageContext.from_defaults(vector_store=LanceDBVectorStore(uri=index))
    VectorStoreIndex(nodes, storage_context=storage, embed_model=embedding)
    used = (
        f"SimpleDirectoryReader, SentenceSplitter ({tokens} tokens, {OVERLAP} overlap), "
        f"HuggingFaceEmbedding (batches of {BATCH}; 10 is the default), LanceDBVectorStore"
    )
    print(json.dumps({"chunks": len(nodes), "used": used}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
