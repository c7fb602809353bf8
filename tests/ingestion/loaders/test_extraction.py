"""The builder's blocks are right whatever a loader appends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingestion.documents.document import BlockKind
from ingestion.loaders.cleaning import clean
from ingestion.loaders.extraction import TextBuilder

TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=40)
PAGE = st.one_of(st.none(), st.integers(1, 3), st.just("Sheet"))
STEP = st.one_of(
    st.tuples(st.just("heading"), TEXT, st.integers(-1, 9), PAGE),
    st.tuples(st.sampled_from(["paragraph", "line", "code", "verbatim"]), TEXT, PAGE),
    st.tuples(st.just("table"), st.lists(st.lists(TEXT, max_size=3), max_size=4), PAGE),
)


@given(st.lists(STEP, max_size=12))
def test_blocks_cover_the_text_in_order(steps: list[tuple[object, ...]]) -> None:
    builder = TextBuilder()
    for name, content, *rest in steps:
        if name == "table":
            builder.table(content, header_rows=1, page=rest[0])  # type: ignore[arg-type]
        elif name == "verbatim":
            builder.verbatim(clean(str(content)), rest[0])  # type: ignore[arg-type]
        else:
            getattr(builder, str(name))(content, *rest)
    text, blocks = builder.result()
    text.encode()
    end = 0
    for block in blocks:
        assert end <= block.start < block.end <= len(text)
        assert text[end : block.start] == ("\n\n" if end else "")
        assert text[block.start : block.end].strip()
        if block.kind is BlockKind.HEADING:
            assert 1 <= block.level <= 6
            assert "\n" not in text[block.start : block.end]
        if block.kind is BlockKind.TABLE:
            assert block.start <= block.header_end < block.end
        end = block.end
    assert end == len(text)


def test_lines_in_a_row_are_one_block_and_pages_part_them() -> None:
    builder = TextBuilder()
    builder.line("- a", 1)
    builder.line("  - b", 1)
    builder.line("- c", 2)
    builder.paragraph("d", 2)
    text, blocks = builder.result()
    assert text == "- a\n  - b\n\n- c\n\nd"
    assert [block.page for block in blocks] == [1, 2, 2]


def test_the_first_top_heading_that_says_something_is_remembered() -> None:
    builder = TextBuilder()
    for text, level in (("Deep", 2), ("Contents", 1), ("Real", 1), ("Later", 1)):
        builder.heading(text, level)
    assert builder.first_heading == "Real"
