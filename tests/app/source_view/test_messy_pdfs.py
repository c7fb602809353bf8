"""Words are found on the pages of PDFs that all sorts of programs have made."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from app.source_view.document_text import laid_out
from app.source_view.pdf_pages import FindOnPages, Original
from app.source_view.source_views import _wanted
from evals.benchmarks.small_model import small_embedder
from ingestion.chunking.chunker import Chunker
from ingestion.documents.document import Chunk, Document
from ingestion.languages import sentences
from ingestion.parsing import Parser
from ingestion.settings import ChunkingSettings, LoadingSettings
from ingestion.sources.source_file import SourceFile

MOST = 40


@pytest.mark.messy
def test_sentences_and_rows_are_found_on_their_pages(bench_data: Path) -> None:
    chunker = Chunker(ChunkingSettings(), small_embedder())
    shares: list[float] = []
    files = [
        SourceFile(document_id=path.name, source="messy", url=str(path))
        for path in sorted((bench_data / "messy").glob("*.pdf"))
    ]
    with Parser(LoadingSettings()) as parser:
        for parsed in parser.parse(files):
            try:
                [document] = parsed.documents
            except Exception:  # noqa: BLE001 (what cannot be read is tested elsewhere)
                continue
            assert isinstance(document, Document)
            chunks = chunker.chunk(document)
            text = laid_out(chunks)
            spans = [span for chunk in chunks for span in cited(chunk)]
            random.Random(3).shuffle(spans)
            places = [text.place(*span) for span in spans[:MOST]]
            wanted = list(_wanted(text, [place for place in places if place]).values())
            original = Original(parsed.file, document.content_hash, 10**9)
            shares += FindOnPages(original, wanted).run(None, None).shares
    found = sum(share >= 0.9 for share in shares)
    print(f"{found} of {len(shares)} have nine tenths of their letters in boxes")  # noqa: T201
    assert len(shares) > 200
    assert found >= 0.95 * len(shares)


def cited(chunk: Chunk) -> list[tuple[int, int]]:
    """What an answer could quote of a chunk: a sentence, or a row of a table."""
    if not chunk.text.startswith("|"):
        language = chunk.language or "en"
        parts = sentences.split(chunk.text, language)
        return [(chunk.start + start, chunk.start + end) for start, end in parts if end > start]
    rows, at = [], chunk.start
    for line in chunk.text.split("\n"):
        if line.startswith("|") and not line.startswith("| ---") and len(line) > 6:
            rows.append((at + 2, at + len(line) - 2))
        at += len(line) + 1
    return rows
