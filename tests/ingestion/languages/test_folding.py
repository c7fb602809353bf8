"""Folding, and the way back to the text's own offsets."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.languages import fold

# Every character that Unicode has a meaning for.
EVERY = [
    chr(code)
    for code in range(sys.maxunicode + 1)
    if unicodedata.category(chr(code)) not in ("Cs", "Cn", "Co")
]
LENGTHENED = [character for character in EVERY if len(character.casefold()) > 1]


def test_every_character_is_found_where_it_stands() -> None:
    whole = [c for c in EVERY if not c.isspace() and fold(c).text]
    words = [f"a{character}b" for character in whole]
    folded = fold(" ".join(words))
    at = 0
    for place, word in enumerate(folded.text.split(" ")):
        span = (folded.starts[at], folded.ends[at + len(word) - 1])
        assert span == (4 * place, 4 * place + 3), words[place]
        assert word == fold(words[place]).text
        at += len(word) + 1


def test_letters_that_folding_lengthens_do_not_move_what_follows() -> None:
    assert len(LENGTHENED) >= 100
    for character in LENGTHENED:
        text = f"{character * 3} vor. Der Satz {character} hier."
        start = text.index("Der")
        assert fold(text).find(fold(f"der satz {character} hier").text) == (start, len(text) - 1)


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("STRASSE", "Die Straße.", "Straße"),
        ("straße", "Die STRASSE.", "STRASSE"),
        ("finance", "The ﬁnance act", "ﬁnance"),
        ("İstanbul’da", "Dün İstanbul'da idi", "İstanbul'da"),
        ("cafe\u0301 noir", "Le café\u00a0\n noir", "café\u00a0\n noir"),
        ("ΟΔΟΣ", "η οδός", None),
        ("ΟΔΌΣ", "η οδός", "οδός"),
        ("co-operate", "co‑operate — now", "co‑operate"),
        ("Vertrag", "Ver\u00adtrag", "Ver\u00adtrag"),
        ("106", "10⁶", None),
        ("51/2", "5½", None),
    ],
)
def test_finds_words_blind_to_case_and_form(words: str, text: str, found: str | None) -> None:
    span = fold(text).find(fold(words).text)
    assert (text[slice(*span)] if span else None) == found


def test_a_match_takes_whole_characters_only() -> None:
    assert fold("Fuß").find("s") is None
    assert fold("Fußs").find("s") == (3, 4)


@given(st.text(), st.data())
def test_any_part_of_any_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    # A part that begins or ends within a letter and its marks is a part of no word.
    if any(
        at < len(text) and unicodedata.category(text[at]).startswith("M") for at in (start, end)
    ):
        return
    words = fold(text[start:end]).text
    if words:
        span = fold(text).find(words)
        assert span is not None
        assert fold(text[slice(*span)]).text == words


@given(st.text())
def test_spans_are_in_order_and_inside_the_text(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert list(folded.starts) == sorted(folded.starts)
    assert all(0 <= a < b <= len(text) for a, b in zip(folded.starts, folded.ends, strict=True))
