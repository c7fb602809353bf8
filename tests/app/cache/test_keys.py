"""What makes two questions one for the exact cache."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from app.cache.keys import Key, Keys, canonical_filter, normalised
from ingestion.index.filters import parse_filter


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("How long is it?", "  how  long\tis it "),
        ("How long is it?", "HOW LONG IS IT?!"),
        ("What’s the “limit”?", 'what\'s the "limit"'),
        ("Ｈｏｗ long is the ﬁle?", "how long is the file?"),
        ("Does it cost 5\u00a0euros?", "does it cost 5 euros"),
        ('"Who pays?"', "who pays"),
        ("Cafe\u0301 hours?", "Café hours?"),
    ],
)
def test_what_cannot_change_the_meaning_is_left_out(one, two) -> None:
    assert normalised(one) == normalised(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("What does WHO recommend?", "What does who recommend?"),
        ("Is it 50 mW?", "Is it 50 MW?"),
        ("What is 10⁵?", "What is 105?"),
        ("Is it 5½ hours?", "Is it 51/2 hours?"),
        ("What is C++?", "What is C?"),
        ("What is C#?", "What is C?"),
        ("What is 5!?", "What is 5?"),
        ("Is -5 degrees too cold?", "Is 5 degrees too cold?"),
        ("Is it 5 %?", "Is it 5?"),
        ("What is .NET?", "What is NET?"),
        ("Is it 1.5?", "Is it 15?"),
        ("-5 degrees: too cold?", "5 degrees: too cold?"),
        ('What does "a" or "b" mean?', "What does a or b mean?"),
        ("In Maßen?", "In Massen?"),
    ],
)
def test_what_may_change_it_is_kept(one, two) -> None:
    assert normalised(one) != normalised(two)


def test_filters_that_filter_alike_are_written_alike() -> None:
    one = parse_filter({"year": {"gte": 2024, "lt": 2026}, "team": ["hr", "it", "hr"]})
    two = parse_filter({"team": ["it", "hr"], "year": {"lt": 2026.0, "gte": 2024.0}})
    assert canonical_filter(one) == canonical_filter(two)
    assert canonical_filter(parse_filter({"n": 2})) == canonical_filter(parse_filter({"n": 2.0}))
    assert canonical_filter(parse_filter({"n": 1})) != canonical_filter(parse_filter({"n": True}))
    assert canonical_filter(parse_filter({"n": "1"})) != canonical_filter(parse_filter({"n": 1}))
    assert canonical_filter(one) != canonical_filter(parse_filter({"team": ["it", "hr"]}))


def prepared(question: str, **where: Any) -> Any:
    """What a key is made of."""
    return SimpleNamespace(
        question=question,
        where=parse_filter(where) if where else None,
        manifest=SimpleNamespace(document_set="depot", id="m1"),
    )


def key_of(question: str, groups: Any = None, release: str | None = None, **where: Any) -> Key:
    return Keys(release).of(prepared(question, **where), groups)


def test_a_key_that_is_remembered_is_the_one_that_was_made() -> None:
    keys, asked = Keys(), prepared("How long is it?")
    assert keys.of(asked, None) == keys.of(asked, None) == key_of("how long is it")


def test_what_an_answer_depends_on_makes_another_key() -> None:
    found = [
        key_of("How long is it?"),
        key_of("How wide is it?"),
        key_of("How long is it?", groups=("sales",)),
        key_of("How long is it?", groups=("sales", "hr")),
        key_of("How long is it?", groups=()),
        key_of("How long is it?", release="r1"),
        key_of("How long is it?", team="sales"),
    ]
    assert len({key.answer for key in found}) == len(found)
    assert key_of("Who?", groups=("hr", "sales")) == key_of("Who?", groups=["sales", "hr"])


def test_filters_whose_values_are_equal_and_do_not_filter_alike_have_their_own_keys() -> None:
    keys = Keys()
    one, true = prepared("Who?", urgent=1), prepared("Who?", urgent=True)
    assert one.where == true.where
    assert keys.of(one, None) != keys.of(true, None)
