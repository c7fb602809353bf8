"""JSON of callers: what passes is storable; what does not is refused by its field's name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidRequest
from app.json_input import MOST_DEPTH, read_json
from ingestion.index.storable_values import LARGEST, SMALLEST


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r'{"question": "a\ud800"}', r"^question: holds half of a surrogate pair \(U\+D800\)"),
        (r'{"a": [{"b": "\udc00\ud800"}]}', r"^a\.0\.b: holds half"),
        (r'{"filters": {"\udfff": 1}}', r"^filters: the name '\\udfff' holds half"),
        (r'{"a": "x\u0000"}', r"^a: holds a NUL"),
        ('{"filters": {"year": {"gte": 1e999}}}', r"^filters\.year\.gte: is not a finite number"),
        ('{"a": {"b": -1e999}}', r"^a\.b: is not a finite"),
        ('{"a": NaN}', r"^a: is not a finite"),
        ('{"a": [1, Infinity]}', r"^a\.1: is not a finite"),
        ('{"a": -Infinity}', r"^a: is not a finite"),
        (f'{{"year": {"9" * 400}}}', r"^year: is a whole number of more than 64 bits"),
        (f'{{"year": {"9" * 5000}}}', r"^year: is a whole number of more than 64 bits"),
        (f'{{"year": -{"9" * 5000}}}', r"^year: is a whole number of more than 64 bits"),
        (f'{{"year": {LARGEST + 1}}}', r"^year: is a whole"),
        (f'{{"year": {SMALLEST - 1}}}', r"^year: is a whole"),
        ('{"a": {"b": 1, "b": 2}}', r"^a: has the name 'b' twice"),
        ('{"filters": {"a": ' + "[" * 20_000, r"^filters\.a\.0\.0\.0.*nested too deeply"),
        ('{"x": "]]{", "y": [1, [2, {"z": ' + "[" * 20_000, r"^y\.1\.1\.z\.0.*nested too deeply"),
        ('{"a":' * 20_000, r"^a\.a\.a.*nested too deeply"),
        ("[" * 70 + "]" * 70, r"^0\.0.*nested too deeply"),
        ("{", r"^the body: is not JSON: .* \(line 1, column 2\)"),
        ("", r"^the body: is not JSON"),
        ('"\\u12"', r"^the body: is not JSON"),
        (b'{"a": "\xff"}', r"^the body: is not UTF-8 text \(byte 7\)"),
        (b'{"a": "\xed\xa0\x80"}', r"^the body: is not UTF-8 text"),
        ('{"a": 1}'.encode("utf-16"), r"^the body: is not UTF-8 text"),
        ('{"a": 1}'.encode("utf-16-le"), r"^the body: is not JSON"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_its_fields_name(text: str | bytes, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said) as raised:
        read_json(text, "")
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 600


def test_a_name_for_the_whole_stands_before_fields() -> None:
    with pytest.raises(InvalidRequest, match=r"^filters\.a: holds a NUL"):
        read_json(r'{"a": "\u0000"}', "filters")
    with pytest.raises(InvalidRequest, match=r"^filters: is not JSON"):
        read_json("{", "filters")
    with pytest.raises(InvalidRequest, match=r"^filters\.0\.0"):
        read_json("[" * 20_000, "filters")


def test_limits_are_where_they_are_said_to_be() -> None:
    assert read_json(f"[{SMALLEST}, {LARGEST}, 1e308, -0.0]", "") == [SMALLEST, LARGEST, 1e308, 0]
    read_json("[" * MOST_DEPTH + "]" * MOST_DEPTH, "")
    with pytest.raises(InvalidRequest):
        read_json("[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1), "")
    assert read_json(b"\xef\xbb\xbf{}", "") == {}
    assert read_json(r'"\ud83d\ude00 \u202e"', "") == "😀 \u202e"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=()), max_size=3), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(VALUES)
def test_whatever_passes_can_be_encoded_and_written_as_strict_json(value: Any) -> None:
    try:
        found = read_json(json.dumps(value), "")
    except InvalidRequest as error:
        str(error).encode()
        return
    json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    assert "\0" not in str(found)
    assert found == value
