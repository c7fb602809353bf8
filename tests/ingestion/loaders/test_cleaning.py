from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.loaders.cleaning import clean, one_line, prose


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a\r\nb\rc\x0cd\u2028e", "a\nb\nc\nd\ne"),
        ("a\x0bb\x1cc", "a\nb\nc"),
        ("no\xadbreak\u200b \ufeffhere\x00", "nobreak here"),
        ("wide\xa0space\u2009and\u3000more", "wide space and more"),
        ("o\ufb03ce e\ufb00ect", "office effect"),
        ("\uf0b7 item", "• item"),
        ("lone \ud800 surrogate", "lone \N{REPLACEMENT CHARACTER} surrogate"),
        ("e\u0301", "é"),
        ("می\u200cخواهم 👩\u200d💻", "می\u200cخواهم 👩\u200d💻"),
        ("tab\tstays", "tab\tstays"),
        ("bell\x07 é", "bell é"),
    ],
)
def test_clean(raw: str, expected: str) -> None:
    assert clean(raw) == expected


def test_white_space() -> None:
    assert one_line("  a \n b\t c ") == "a b c"
    assert prose(" a  b \n\n  c ") == "a b\nc"


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_cleaned_text_is_valid_and_stays_as_it_is(raw: str) -> None:
    text = clean(raw)
    text.encode()
    assert unicodedata.is_normalized("NFC", text)
    assert clean(text) == text
