"""Two texts, word by word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lineage.differences import text_diff


@given(st.text(), st.text())
def test_the_stretches_make_up_both_texts(before: str, after: str) -> None:
    stretches = text_diff(before, after)
    then = "".join(part.text for part in stretches if part.kind != "added")
    now = "".join(part.text for part in stretches if part.kind != "removed")
    assert (then, now) == (before, after)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", []),
        ("24 months [1].", "24 months [1].", [("same", "24 months [1].")]),
        ("lasts 24 months", "lasts 36 months",
         [("same", "lasts "), ("removed", "24 "), ("added", "36 "), ("same", "months")]),
        ("", "now", [("added", "now")]),
    ],
)  # fmt: skip
def test_words_that_differ_are_marked(before: str, after: str, expected: list) -> None:
    assert [(part.kind, part.text) for part in text_diff(before, after)] == expected
