"""LangChain: its splitter, `HuggingFaceEmbeddings`, LanceDB."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import lancedb
from langchain_community.vectorstores import LanceDB
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter
from tokenizers import Tokenizer

OVERLAP = 20


def main(corpus: str, index: str, model: str, tokens: str) -> None:
    tokenizer = Tokenizer.from_file(str(Path(model) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=int(tokens),
        chunk_overlap=OVERLAP,
        length_function=lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids),
    )
    documents = [
        Document(file.read_text("utf-8"), metadata={"source": str(file)})
        for file in sorted(Path(corpus).glob("*.txt"))
    ]
    chunks = splitter.split_documents(documents)
    embeddings = HuggingFaceEmbeddings(model_name=model)
    LanceDB.from_documents(chunks, embeddings, connection=lancedb.connect(index))
    used = (
        f"RecursiveCharacterTextSplitter ({tokens} tokens, {OVERLAP} overlap), "
        "HuggingFaceEmbeddings (batches of 32, the default), LanceDB.from_documents"
    )
    print(json.dumps({"chunks": len(chunks), "used": used}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
