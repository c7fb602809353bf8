"""Text that every store and protocol can hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingestion.index.storable_values import (
    quoted,
    shown,
    storable,
    unstorable_text,
    whole_characters,
)

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=12)


@given(ANYTHING)
def test_whatever_it_was_it_can_be_stored_then(text: str) -> None:
    found = storable(text)
    assert unstorable_text(found) is None
    assert storable(found) == found
    if unstorable_text(text) is None:
        assert found == text


def test_halves_that_belong_together_are_joined() -> None:
    assert storable("a\ud83d\ude00b") == "a😀b"
    assert storable("a\ud83d b\ude00\0") == "a\ufffd b\ufffd\ufffd"


@given(st.text(max_size=20), st.data())
def test_a_text_in_pieces_of_utf_16_comes_out_as_it_was(text: str, data: st.DataObject) -> None:
    text = text.replace("\0", "")
    units = text.encode("utf-16-le")
    halves = "".join(
        chr(int.from_bytes(units[i : i + 2], "little")) for i in range(0, len(units), 2)
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, len(halves)), max_size=4)))
    said, waiting = "", ""
    for start, end in zip([0, *cuts], [*cuts, len(halves)], strict=True):
        words, waiting = whole_characters(waiting + halves[start:end])
        said += words
    assert (said, waiting) == (text, "")


@given(ANYTHING)
def test_what_is_shown_is_printable_and_bounded(text: str) -> None:
    for found in (shown(text), quoted(text)):
        assert found.isprintable()
        found.encode()
    assert len(shown(text * 50, 40)) <= 40 * 10
