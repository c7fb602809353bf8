"""Typing errors, mended by the words of passages and of a vocabulary."""

from __future__ import annotations

import pytest

from app.answering.spelling import Spelling

TEXTS = ["The policy on expenses names the quarantine cage at Merrowby.", "Wexholme opens at five."]
VOCABULARY = {
    "##ing": 1,
    "[CLS]": 2,
    "should": 3,
    "receipt": 4,
    "plate": 5,
    "often": 6,
    "customer": 7,
    "approve": 8,
    "kilo": 9,
    "kills": 10,
}


@pytest.fixture
def spelling() -> Spelling:
    return Spelling(VOCABULARY)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("What does the poilcy say?", "What does the policy say?"),
        ("Where is the quarantne cage?", "Where is the quarantine cage?"),
        ("Where is the quaratnine caeg?", "Where is the quarantine cage?"),
        ("When does Wexhlome open?", "When does Wexholme open?"),
        ("How much shoudl the receitp be?", "How much should the receipt be?"),
        ("Who aproves it?", "Who approves it?"),
        ("Who approves it?", "Who approves it?"),
        ("Who is the Custoemr?", "Who is the Customer?"),
        ("How many kilos is it?", "How many kilos is it?"),
    ],
)
def test_slips_are_mended(spelling: Spelling, asked: str, meant: str) -> None:
    assert spelling.mended(asked, TEXTS) == meant


@pytest.mark.parametrize(
    "question",
    [
        "Which registration plate does the van have?",
        "What does E-214 mean on the XPolicy?",
        "Who are the custodians of the archive?",
        "What did Mr Shoulde say of the cage?",
        "Welche Poliza gilt für die Reise nach Wien und zurück?",
    ],
)
def test_words_that_may_be_meant_stay(spelling: Spelling, question: str) -> None:
    assert spelling.mended(question, ["The place of the archive."]) == question


def test_a_question_of_many_unknown_words_is_left_alone(spelling: Spelling) -> None:
    question = "poilcy quarantne " + " ".join(f"qwz{letter}x" for letter in "abcdefghi")
    assert spelling.mended(question, TEXTS) == question
