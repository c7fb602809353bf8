from __future__ import annotations

import pytest

from ingestion.loaders.pdf.hyphens import Hyphens


@pytest.mark.parametrize(
    ("before", "after", "hyphenated", "expected"),
    [
        ("one", "two", False, "one two"),
        ("日本語の文", "書です", False, "日本語の文書です"),
        ("한국어", "문서", False, "한국어 문서"),
        ("infor", "mation is", True, "information is"),
        ("infor-", "mation is", False, "information is"),
        ("the Baden", "Baden trains", True, "the Baden-Baden trains"),
        ("self", "contained", True, "self-contained"),
        ("pages 10", "12", True, "pages 10-12"),
        ("a re", "cover of", True, "a re-cover of"),
        ("a self", "hood", True, "a selfhood"),
        ("end -", "after", False, "end -after"),
    ],
)
def test_join(before: str, after: str, hyphenated: bool, expected: str) -> None:
    hyphens = Hyphens(["you re-cover chairs", "her selfhood"])
    assert hyphens.join(before, after, hyphenated=hyphenated) == expected
