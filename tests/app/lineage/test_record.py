"""What a record says of an answer, with its words and without."""

from __future__ import annotations

import pytest

from app.answering.answer import Usage
from app.errors import ChatModelFailed
from app.lineage.record import cost, without_texts
from app.settings.answering import PricesSettings
from app.turns.turn import new_id
from tests.app.lineage.conftest import ANNA, BEN, answer, record


def test_a_record_says_who_asked_what_and_what_shaped_the_answer() -> None:
    made = record(
        session_id="s1",
        standalone_question="How long does the warranty on a unit last?",
        filters={"team": "sales"},
        prices=PricesSettings(input_per_million=2.0, output_per_million=10.0),
    )
    assert made.id.startswith("ans_")
    assert len(made.id) == 24
    assert (made.caller, made.groups) == ("anna", ["sales"])
    assert made.manifest_id == answer().manifest.id
    assert made.cost == pytest.approx(0.004)
    assert made.answer == answer()
    assert record(caller=BEN).groups is None


def test_a_question_that_stands_alone_is_kept_once() -> None:
    asked = "How long does the warranty last?"
    assert record(standalone_question=asked).standalone_question is None


def test_an_answer_from_the_cache_cost_nothing() -> None:
    made = record(cache="exact", prices=PricesSettings(input_per_million=2.0))
    assert (made.usage, made.cost) == (None, 0.0)


def test_a_failure_is_kept_with_its_reason() -> None:
    made = record(answer=ChatModelFailed("the chat model 'x' did not answer: busy"))
    assert made.answer is None
    assert made.error == "ChatModelFailed: the chat model 'x' did not answer: busy"
    assert not made.refused


@pytest.mark.parametrize(
    ("usage", "prices", "expected"),
    [
        (None, PricesSettings(input_per_million=1.0), None),
        (Usage(input_tokens=10, output_tokens=10), None, None),
        (Usage(input_tokens=10, output_tokens=10), PricesSettings(), None),
        (Usage(input_tokens=0, output_tokens=500_000), PricesSettings(output_per_million=4), 2.0),
        (Usage(input_tokens=10, output_tokens=0), PricesSettings(input_per_million=0.0), 0.0),
    ],
)
def test_a_cost_needs_tokens_and_a_price(usage, prices, expected) -> None:
    assert cost(usage, prices) == expected


def test_without_texts_no_word_is_left() -> None:
    question = "How long does the warranty last?"
    made = record(standalone_question="Warranty how long?", filters={"team": "sales"})
    bare = without_texts(made)
    dumped = bare.model_dump_json()
    for words in ("24 months", "24 years", "How long", "Length", "sales\\n", "Warranty how"):
        assert words not in dumped, words
    assert bare.answer is not None
    assert bare.answer.passages[0].chunk_id == "c1"
    assert bare.answer.passages[0].metadata == {}
    assert bare.answer_hash == made.answer_hash
    assert bare.question_hash == record(question=question, caller=ANNA).question_hash
    failed = without_texts(record(answer=ChatModelFailed("no answer to 'How long'")))
    assert failed.error == "ChatModelFailed"


def test_ids_are_not_guessed() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000
