"""A noun that is asked for and stands in no passage is a reason to doubt."""

from __future__ import annotations

import pytest

from app.answering.extractive import ExtractiveChatModel
from app.answering.extractive.asked_for import lacks_asked_for
from app.answering.extractive.words import Reader
from tests.app.answering.extractive.test_model import bag_of_words, messages

STORE = "Cut flowers are kept at 9 degrees. A driver of a van has 11 hours of rest."


@pytest.mark.parametrize(
    "question",
    [
        "What humidity must be kept for cut flowers?",
        "What's the salary of a driver?",
        "What is the starting salary of a driver?",
        "How high is the fine for a driver?",
        "Which type of battery does a van have?",
        "Which make are the vans?",
    ],
)
def test_a_missing_noun_is_seen(question: str) -> None:
    assert lacks_asked_for(question, [Reader().stems(STORE)])


@pytest.mark.parametrize(
    "question",
    [
        "What rest must a driver have?",
        "What is the rest of a driver?",
        "How long is the rest of a driver?",
        "Which drivers do rest?",
        # An answer has another word for these, or none.
        "What is the temperature range of cut flowers?",
        "What is the name of the driver?",
        "Who drives?",
        "What is it?",
        "",
    ],
)
def test_a_noun_that_stands_there_or_measures_is_no_doubt(question: str) -> None:
    assert not lacks_asked_for(question, [Reader().stems(STORE)])


def test_support_falls_where_the_noun_is_missing() -> None:
    model = ExtractiveChatModel(embed=bag_of_words)

    def support(question: str) -> float:
        reply = model.invoke(messages(question, STORE))
        return float(reply.additional_kwargs["plumbline"]["support"])

    # "Allowance" and "amount" stand in no passage alike; for an amount, that says nothing.
    assert support("What is the allowance of a driver?") < 0.6 * support(
        "What is the amount of a driver?"
    )
