from __future__ import annotations

from typing import Any

import pytest


def test_paragraphs_keep_their_layout(loading: Any, outline: Any) -> None:
    document = loading.one("a.txt", "One\ntwo  three\r\n\r\n \n    four\n      five\n\n\n")
    assert outline(document) == [
        ("text", 0, "One\ntwo  three"),
        ("text", 0, "four\n      five"),
    ]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Release notes\n\nBody.", "Release notes"),
        ("It was a dark night.\nIt rained.", "My file"),
        ("word " * 40, "My file"),
    ],
)
def test_a_short_first_line_is_the_title(loading: Any, text: str, title: str) -> None:
    assert loading.one("my_file.txt", text).title == title


def test_one_endless_line_is_one_block(loading: Any) -> None:
    document = loading.one("a.txt", "word " * 400_000)
    assert len(document.blocks) == 1
    assert len(document.text) == 5 * 400_000 - 1
