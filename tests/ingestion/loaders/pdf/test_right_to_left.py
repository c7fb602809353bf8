"""Lines in Hebrew and Arabic, put together from letters at their places."""

from __future__ import annotations

import pytest

from ingestion.loaders.pdf.places import Word
from ingestion.loaders.pdf.right_to_left import goes_on_beside, has_rtl, ordered_words
from ingestion.loaders.pdf.spacing import Letter

PATTERN = Word("", 0, 0, 0, 10, 10, bold=False, baseline=2)


def letters(seen: str) -> list[Letter]:
    """Letters as they are seen from left to right, 6 points wide each; spaces part words."""
    return [
        Letter(at, sign, 6.0 * at, 6.0 * at + 6)
        for at, sign in enumerate(seen)
        if not sign.isspace()
    ]


@pytest.mark.parametrize(
    ("seen", "read"),
    [
        ("17-ל 10 ןיב חותפ", ["פתוח", "בין", "10", "ל-17"]),
        ("ABC Ltd לש INV-2026-0013 דוק", ["קוד", "INV-2026-0013", "של", "ABC", "Ltd"]),
        (".וריא 12.50", ["12.50", "אירו."]),
        ("ديدج", ["جديد"]),
    ],
)
def test_words_are_read_from_right_to_left_and_figures_from_left_to_right(
    seen: str, read: list[str]
) -> None:
    assert [word.text for word in ordered_words(letters(seen), PATTERN)] == read


def test_letters_of_one_glyph_keep_their_order() -> None:
    seen = [Letter(0, "د", 0, 6), Letter(1, "أ", 6, 12), Letter(2, "ل", 6, 12)]
    assert [word.text for word in ordered_words(seen, PATTERN)] == ["لأد"]
    read = [Letter(0, "ل", 6, 12), Letter(1, "أ", 6, 12), Letter(2, "د", 0, 6)]
    assert [word.text for word in ordered_words(read, PATTERN)] == ["لأد"]


def test_pieces_go_on_only_right_beside_each_other() -> None:
    one = PATTERN._replace(text="שלום", left=50, right=70)
    near = one._replace(text="עולם", left=30, right=47)
    assert goes_on_beside([one], [near])
    assert not goes_on_beside([one], [near._replace(left=0, right=20)])
    assert not goes_on_beside([one], [near._replace(baseline=14)])
    assert has_rtl([one])
    assert not has_rtl([one._replace(text="½ café")])
