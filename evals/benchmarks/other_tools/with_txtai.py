"""txtai: `Embeddings` with content, saved to a folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from txtai import Embeddings

# It cuts nothing without its pipelines, whose splitters know no tokens: so by words, as many as fill a chunk.
TOKENS_PER_WORD = 1.55
OVERLAP = 13


def main(corpus: str, index: str, model: str, tokens: str) -> None:
    words = int(int(tokens) / TOKENS_PER_WORD)
    rows = []
    for file in sorted(Path(corpus).glob("*.txt")):
        text = file.read_text("utf-8").split()
        for first in range(0, len(text), words - OVERLAP):
            rows.append({"text": " ".join(text[first : first + words]), "source": file.name})
    embeddings = Embeddings(path=model, content=True)
    embeddings.index(rows)
    embeddings.save(index)
    used = (
        f"windows of {words} words, {OVERLAP} overlap (it cuts no text by tokens), Embeddings with "
        "content (batches of 32, the default), Faiss and SQLite saved to a folder (its default store)"
    )
    print(json.dumps({"chunks": len(rows), "used": used}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
