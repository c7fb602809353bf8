"""Chunks: within the budget, nothing lost, along the document's structure."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.chunking.chunker import Chunker
from ingestion.chunking.token_counter import TokenCounter
from ingestion.documents.document import Block, BlockKind, Document, Page
from ingestion.embedding.embedder import Embedder
from ingestion.settings import ChunkingSettings, EmbeddingSettings

PROSE = (
    "The pump is checked every morning before the first tour. A valve that drips is replaced the "
    "same day. Pressure is written into the log, with the name of whoever read it. "
)


def document(
    *parts: tuple[BlockKind, str] | tuple[BlockKind, str, int], title: str = "Pumps"
) -> Document:
    """A document of blocks: (kind, text) or (heading, text, level)."""
    text, blocks = "", []
    for part in parts:
        kind, body = part[0], part[1]
        level = part[2] if len(part) > 2 else 0
        start = len(text)
        text += body + "\n\n"
        header = 0
        if kind is BlockKind.TABLE:
            header = start + body.index("\n", body.index("\n") + 1) + 1
        blocks.append(Block(kind, start, start + len(body), level, None, header))
    return Document("pumps.md", title, text, tuple(blocks), "pumps.md", "text/markdown", "hash")


def on_page(document: Document, pages: list[Page]) -> Document:
    """The same document with each block on a page."""
    blocks = tuple(
        Block(b.kind, b.start, b.end, b.level, page, b.header_end)
        for b, page in zip(document.blocks, pages, strict=True)
    )
    return Document(
        document.id,
        document.title,
        document.text,
        blocks,
        document.source,
        document.media_type,
        "hash",
    )


def table(rows: int) -> str:
    head = "| Code | Meaning | Action |\n| --- | --- | --- |"
    return head + "".join(
        f"\n| E-{n} | The reading {n} is odd | Call depot {n % 9} |" for n in range(rows)
    )


@pytest.fixture(scope="module")
def chunker(embedder: Embedder) -> Chunker:
    return Chunker(ChunkingSettings(), embedder)


@pytest.fixture(scope="module")
def tokens(embedder: Embedder) -> TokenCounter:
    return TokenCounter(embedder.tokenizer)


def covered(text: str, spans: list[tuple[int, int]]) -> str:
    """What of `text` lies in none of the spans, white space left out."""
    left = list(text)
    for start, end in spans:
        left[start:end] = " " * (end - start)
    return "".join("".join(left).split())


def test_a_long_section_is_cut_between_sentences_within_the_budget(chunker, tokens) -> None:
    whole = document((BlockKind.HEADING, "Morning round", 1), (BlockKind.TEXT, PROSE * 12))
    chunks = chunker.chunk(whole)
    assert len(chunks) > 1
    for chunk in chunks:
        assert tokens.count(chunk.indexed_text) <= 254
        assert chunk.text == whole.text[chunk.start : chunk.end]
        assert chunk.text.endswith(".")
        assert chunk.text[0].isupper()
        assert chunk.heading_path == ("Morning round",)
        assert chunk.context == "Pumps\nMorning round"
    assert covered(whole.text, [(c.start, c.end) for c in chunks]) == "Morninground"
    lengths = [tokens.count(chunk.text) for chunk in chunks]
    assert max(lengths) < 1.5 * min(lengths)


def test_headings_become_the_path_and_nothing_crosses_them(chunker) -> None:
    chunks = chunker.chunk(
        document(
            (BlockKind.HEADING, "Care", 1),
            (BlockKind.TEXT, PROSE * 2),
            (BlockKind.HEADING, "Winter", 2),
            (BlockKind.TEXT, PROSE * 2),
            (BlockKind.HEADING, "Repair", 1),
            (BlockKind.TEXT, PROSE * 2),
        )
    )
    assert [chunk.heading_path for chunk in chunks] == [("Care",), ("Care", "Winter"), ("Repair",)]


def test_a_short_section_keeps_its_own_headings(chunker) -> None:
    chunks = chunker.chunk(
        document(
            (BlockKind.HEADING, "Hours", 1),
            (BlockKind.HEADING, "Kestrel", 2),
            (BlockKind.TEXT, "Open from 6 to 22."),
            (BlockKind.HEADING, "Merlin", 2),
            (BlockKind.TEXT, "Open from 8 to 18."),
        )
    )
    assert [(chunk.heading_path, chunk.text) for chunk in chunks] == [
        (("Hours", "Kestrel"), "Open from 6 to 22."),
        (("Hours", "Merlin"), "Open from 8 to 18."),
    ]
    assert chunks[1].context == "Pumps\nHours > Merlin"


def test_a_table_that_fits_stays_whole(chunker) -> None:
    body = table(6)
    chunks = chunker.chunk(document((BlockKind.TEXT, PROSE * 5), (BlockKind.TABLE, body)))
    assert sum(body in chunk.text for chunk in chunks) == 1


def test_a_long_table_is_cut_between_rows_with_its_header_repeated(chunker, tokens) -> None:
    whole = document((BlockKind.HEADING, "Codes", 1), (BlockKind.TABLE, table(60)))
    chunks = chunker.chunk(whole)
    assert len(chunks) > 3
    for chunk in chunks:
        assert "| Code | Meaning | Action |" in chunk.context
        assert "| Code |" not in chunk.text
        assert chunk.text.startswith("| E-")
        assert chunk.text.endswith("|")
        assert tokens.count(chunk.indexed_text) <= 254
    rows = [row for chunk in chunks for row in chunk.text.splitlines()]
    assert rows == table(60).splitlines()[2:]


def test_no_chunk_crosses_a_page(chunker) -> None:
    whole = document((BlockKind.TEXT, "On the first."), (BlockKind.TEXT, "On the second."))
    chunks = chunker.chunk(on_page(whole, [1, 2]))
    assert [(chunk.page, chunk.text) for chunk in chunks] == [
        (1, "On the first."),
        (2, "On the second."),
    ]


def test_a_heading_with_nothing_under_it_is_text(chunker) -> None:
    chunks = chunker.chunk(
        document((BlockKind.TEXT, PROSE), (BlockKind.HEADING, "Call 555-0199 at night", 1))
    )
    assert chunks[-1].text == "Call 555-0199 at night"


def test_a_word_longer_than_the_budget_is_cut_and_kept(chunker, tokens) -> None:
    whole = document((BlockKind.TEXT, "x" * 5000 + " end"))
    chunks = chunker.chunk(whole)
    assert covered(whole.text, [(c.start, c.end) for c in chunks]) == ""
    assert all(tokens.count(chunk.indexed_text) <= 254 for chunk in chunks)


def test_a_long_title_leaves_most_of_the_budget_to_the_text(chunker, tokens) -> None:
    chunks = chunker.chunk(document((BlockKind.TEXT, PROSE * 10), title="A very long title " * 60))
    assert max(tokens.count(chunk.context) for chunk in chunks) in range(32, 65)
    assert covered(PROSE * 10, [(c.start, c.end) for c in chunks]) == ""


def test_without_context_only_the_text_is_indexed(embedder) -> None:
    bare = Chunker(ChunkingSettings(context=False), embedder)
    chunks = bare.chunk(document((BlockKind.HEADING, "Care", 1), (BlockKind.TEXT, PROSE)))
    assert [chunk.indexed_text for chunk in chunks] == [chunk.text for chunk in chunks]


def test_a_smaller_budget_makes_smaller_chunks(embedder, tokens) -> None:
    small = Chunker(ChunkingSettings(max_tokens=64), embedder)
    chunks = small.chunk(document((BlockKind.TEXT, PROSE * 10)))
    assert max(tokens.count(chunk.indexed_text) for chunk in chunks) in range(32, 63)


def test_ids_are_stable_and_unique(chunker) -> None:
    whole = document((BlockKind.TEXT, PROSE * 12))
    ids = [chunk.id for chunk in chunker.chunk(whole)]
    assert ids == [chunk.id for chunk in chunker.chunk(whole)]
    assert len(set(ids)) == len(ids)


KINDS = st.sampled_from([BlockKind.TEXT, BlockKind.CODE, BlockKind.HEADING])
TEXTS = st.text(
    alphabet=st.sampled_from("abc déß漢字🙂.?! \n\x1c\x85\xa0[]()-,;:|\"'0123456789"),
    min_size=1,
    max_size=1500,
).filter(lambda text: text.strip() == text and text)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(KINDS, TEXTS, st.integers(1, 4)), min_size=1, max_size=8))
def test_any_document_is_covered_within_the_budget(chunker, tokens, parts) -> None:
    whole = document(*parts)
    chunks = chunker.chunk(whole)
    headings = [
        (b.start, b.end)
        for b in whole.blocks
        if b.kind is BlockKind.HEADING and b.end - b.start <= 200
    ]
    assert covered(whole.text, [*headings, *((c.start, c.end) for c in chunks)]) == ""
    for chunk in chunks:
        assert tokens.count(chunk.indexed_text) <= 254
        assert chunk.text == whole.text[chunk.start : chunk.end]
        assert chunk.text.strip()


def test_each_chunk_knows_its_language(embedder: Embedder) -> None:
    german = "Die Kündigungsfrist endet am 3. Mai 2027 um zwölf Uhr, und die Kaution wird gezahlt. "
    mixed = document(
        (BlockKind.HEADING, "One", 1),
        (BlockKind.TEXT, PROSE * 3),
        (BlockKind.HEADING, "Zwei", 1),
        (BlockKind.TEXT, german * 6),
    )
    chunks = Chunker(ChunkingSettings(max_tokens=128), embedder).chunk(mixed)
    assert {chunk.language for chunk in chunks} == {"de", "en"}
    assert all(("Kündigung" in chunk.text) == (chunk.language == "de") for chunk in chunks)
    set_to = Chunker(ChunkingSettings(language="de-AT"), embedder).chunk(mixed)
    assert {chunk.language for chunk in set_to} == {"de"}


def test_a_stated_language_counts_and_an_unknown_one_is_refused() -> None:
    with pytest.raises(ValueError, match="write one such as en"):
        ChunkingSettings(language="German")
    with pytest.raises(ValueError, match="write one such as en"):
        EmbeddingSettings(languages=("en", "German"))
