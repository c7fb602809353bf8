"""A document's text is laid out from its chunks: offsets hold, headings and tables are whole."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.source_view.document_text import DocumentText, laid_out
from evals.benchmarks.small_model import small_embedder
from ingestion.chunking.chunker import Chunker
from ingestion.documents.document import Chunk, Document
from ingestion.loaders.extraction import TextBuilder
from ingestion.settings import ChunkingSettings


def document_of(builder: TextBuilder) -> Document:
    text, blocks = builder.result()
    return Document("a.md", "A", text, blocks, "a.md", "text/markdown", "0" * 64)


def cut(document: Document, tokens: int, overlap: int = 1, *, context: bool = True) -> list[Chunk]:
    chunking = ChunkingSettings(max_tokens=tokens, overlap_sentences=overlap, context=context)
    return Chunker(chunking, small_embedder()).chunk(document)


def made(*pieces: tuple[str, object]) -> Document:
    builder = TextBuilder()
    for kind, content in pieces:
        match kind:
            case "h1" | "h2" | "h3":
                builder.heading(str(content), int(kind[1]))
            case "p":
                builder.paragraph(str(content))
            case "line":
                builder.line(str(content))
            case "code":
                builder.code(str(content))
            case "table":
                builder.table(content, header_rows=1)  # type: ignore[arg-type]
    return document_of(builder)


ROWS = [
    ["Code", "Meaning"],
    *([f"E-{number}", f"Fault number {number} of the pump"] for number in range(40)),
]
SENTENCES = " ".join(f"Sentence {number} says something of pump {number}." for number in range(60))


def test_every_character_of_the_text_is_there_once() -> None:
    document = made(
        ("h1", "Pumps"), ("p", SENTENCES), ("h2", "Codes"), ("table", ROWS), ("h2", "Code"),
        ("code", "run\n\n  --now\nstop"), ("line", "- one"), ("line", "- two"), ("p", "Last."),
    )  # fmt: skip
    for tokens in (32, 64, 256):
        text = laid_out(cut(document, tokens))
        assert text.text == "# Pumps\n\n" + document.text[len("Pumps\n\n") :].replace(
            "\n\nCodes\n\n", "\n\n## Codes\n\n"
        ).replace("\n\nCode\n\n", "\n\n## Code\n\n")


def test_a_table_that_was_cut_has_its_header_once() -> None:
    document = made(("h1", "Pumps"), ("table", ROWS), ("p", "After."), ("table", ROWS))
    chunks = cut(document, 48)
    assert len(chunks) > 6
    text = laid_out(chunks).text
    assert text.count("| Code | Meaning |\n| --- | --- |\n| E-0 |") == 2
    assert text.count("| --- |") == 2


def test_headings_follow_each_other_and_return() -> None:
    document = made(
        ("h1", "One"), ("h2", "Notes"), ("p", "First."), ("h2", "Notes"), ("p", "Second."),
        ("h1", "Two"), ("h2", "Notes"), ("h3", "Deep"), ("p", "Third."), ("h2", "Bare"), ("h1", "End"),
    )  # fmt: skip
    assert laid_out(cut(document, 64)).text == (
        "# One\n\n## Notes\n\nFirst.\n\n## Notes\n\nSecond.\n\n# Two\n\n## Notes\n\n### Deep\n\n"
        "Third.\n\nBare\n\nEnd"
    )


def test_a_document_without_headings_begins_with_its_text() -> None:
    assert laid_out(cut(made(("p", "Alone.")), 64)).text == "Alone."
    assert laid_out([]).text == ""


words = st.text("abc é|#-. 1", min_size=1, max_size=60)
pieces = st.one_of(
    st.tuples(st.sampled_from(["h1", "h2", "h3", "p", "line", "code"]), words),
    st.tuples(st.just("table"), st.lists(st.lists(words, min_size=2, max_size=3), min_size=2, max_size=6)),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(pieces, min_size=1, max_size=12), st.sampled_from([32, 40, 128]), st.integers(0, 3),
    st.booleans(), st.data(),
)  # fmt: skip
def test_spans_within_a_chunk_are_found_as_they_are(
    parts: list[tuple[str, object]], tokens: int, overlap: int, context: bool, data: st.DataObject
) -> None:
    document = made(*parts)
    chunks = cut(document, tokens, overlap, context=context)
    text = laid_out(chunks)
    assert "".join(map(document.text.__getitem__, covered(text))) == "".join(
        text.text[piece.at : piece.after] for piece in text.pieces
    )
    if not chunks:
        return
    chunk = data.draw(st.sampled_from(chunks))
    start = data.draw(st.integers(chunk.start, chunk.end - 1))
    end = data.draw(st.integers(start + 1, chunk.end))
    place = text.place(start, end)
    assert place is not None
    assert text.text[slice(*place)] == document.text[start:end]
    assert text.origin(*place) == (start, end)
    held = text.chunk_at(*place)
    assert held is not None
    assert held.start <= start < held.end
    window, [moved] = text.windows([place], 5)
    assert window.text[slice(*moved)] == text.text[slice(*place)]
    assert window.origin(*moved) == (start, end)


def covered(text: DocumentText) -> list[int]:
    return [at for piece in text.pieces for at in range(piece.start, piece.end)]


@pytest.mark.parametrize("around", [0, 30, 10_000])
def test_windows_are_parted_and_hold_the_spans(around: int) -> None:
    text = laid_out(cut(made(("h1", "Pumps"), ("p", SENTENCES), ("table", ROWS)), 48))
    places = [
        (at, at + len(word))
        for word in ("pump 3.", "pump 55.", "E-30 |")
        for at in [text.text.index(word)]
    ]
    window, moved = text.windows(places, around)
    assert [window.text[start:end] for start, end in moved] == ["pump 3.", "pump 55.", "E-30 |"]
    assert window.text.count("[…]") == {0: 4, 30: 4, 10_000: 0}[around]
    if around == 10_000:
        assert window.text == text.text
